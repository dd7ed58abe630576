#include <grpcpp/generic/async_generic_service.h>
#include <usher/claim_rule.h>
#include <usher/guard.h>

#include <iostream>

// A server that starts behind the guard.
int main() {
  usher::MethodPolicy policy;
  policy.Default({.claims = {usher::Claim("tenant").Is("acme")}})
      .Health(usher::Public());
  if (usher::Claims(R"({"tenant":"acme"})").FindString("tenant") != "acme") {
    return 1;
  }
  const auto guard = usher::Guard::Create(
      {.client = {.target = "127.0.0.1:1", .tls = std::nullopt},
       .audiences = {"orders"},
       .policy = policy});
  if (!guard.ok()) {
    std::cerr << guard.status() << "\n";
    return 1;
  }
  grpc::CallbackGenericService service;
  grpc::ServerBuilder builder;
  builder.RegisterCallbackGenericService(&service);
  builder.AddListeningPort("127.0.0.1:0", (*guard)->InsecureCredentials());
  (*guard)->Install(builder);
  return builder.BuildAndStart() != nullptr ? 0 : 1;
}
