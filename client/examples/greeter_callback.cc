// A guarded server in callback style:
//
//   greeter_callback ADDRESS USHERD
//
// serves until its standard input ends. docs/guard.md quotes the parts between
// the marks; a test runs it.
#include <grpcpp/server_builder.h>
#include <usher/guard.h>

#include <iostream>
#include <limits>
#include <memory>
#include <string>

#include "greeter.grpc.pb.h"

namespace {

using greeter::v1::HelloReply;
using greeter::v1::HelloRequest;

grpc::ServerUnaryReactor* Say(grpc::CallbackServerContext* context,
                              HelloReply* reply, std::string text) {
  reply->set_text(std::move(text));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

class Greeter final : public greeter::v1::Greeter::CallbackService {
 public:
  // [handler]
  grpc::ServerUnaryReactor* Hello(grpc::CallbackServerContext* context,
                                  const HelloRequest*,
                                  HelloReply* reply) override {
    const usher::Caller* caller = usher::FindCaller(context);
    return Say(context, reply,
               "hello, " + caller->subject().value_or("stranger"));
  }
  // [handler]

  grpc::ServerUnaryReactor* Forget(grpc::CallbackServerContext* context,
                                   const HelloRequest*,
                                   HelloReply* reply) override {
    return Say(context, reply, "forgotten");
  }

  // Public: FindCaller() is null here.
  grpc::ServerUnaryReactor* Version(grpc::CallbackServerContext* context,
                                    const HelloRequest*,
                                    HelloReply* reply) override {
    return Say(context, reply, "1");
  }
};

// [policy]
usher::MethodPolicy Policy() {
  usher::MethodPolicy policy;
  policy.Service("greeter.v1.Greeter", {})
      .Method("/greeter.v1.Greeter/Forget", {.scopes = {"greeter.write"}})
      .Method("/greeter.v1.Greeter/Version", usher::Public())
      .Health(usher::Public());
  return policy;
}
// [policy]

// [serve]
absl::Status Serve(const std::string& address, const std::string& usherd) {
  // Plaintext to usherd is for this machine only; elsewhere leave `tls` as it
  // is.
  auto guard =
      usher::Guard::Create({.client = {.target = usherd, .tls = std::nullopt},
                            .audiences = {"orders"},
                            .policy = Policy()});
  if (!guard.ok()) return guard.status();
  Greeter greeter;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, (*guard)->InsecureCredentials(), &port);
  builder.RegisterService(&greeter);
  (*guard)->Install(builder);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  // [serve]
  if (server == nullptr) return (*guard)->Check(builder);
  std::cout << "listening on port " << port << std::endl;
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());
  server->Shutdown();
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: greeter_callback ADDRESS USHERD\n";
    return 2;
  }
  const absl::Status status = Serve(argv[1], argv[2]);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
