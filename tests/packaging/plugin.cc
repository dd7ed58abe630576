#include <grpcpp/generic/async_generic_service.h>
#include <usher/guard.h>

// A plugin for a program that knows nothing of Usher. Returns 0 if a server
// starts behind the guard.
extern "C" __attribute__((visibility("default"))) int StartGuardedServer() {
  const auto guard = usher::Guard::Create(
      {.client = {.target = "127.0.0.1:1", .tls = std::nullopt},
       .audiences = {"orders"},
       .policy = usher::MethodPolicy()});
  if (!guard.ok()) return 1;
  grpc::CallbackGenericService service;
  grpc::ServerBuilder builder;
  builder.RegisterCallbackGenericService(&service);
  builder.AddListeningPort("127.0.0.1:0", (*guard)->InsecureCredentials());
  (*guard)->Install(builder);
  return builder.BuildAndStart() != nullptr ? 0 : 2;
}
