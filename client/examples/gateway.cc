// A guarded service that calls the guarded greeter behind it as its own caller:
//
//   gateway ADDRESS USHERD GREETER
//
// serves until its standard input ends. docs/guard.md quotes the parts between
// the marks; a test runs it.
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>
#include <usher/forward_caller.h>
#include <usher/guard.h>

#include <iostream>
#include <limits>
#include <memory>
#include <string>

#include "greeter.grpc.pb.h"

namespace {

using greeter::v1::HelloReply;
using greeter::v1::HelloRequest;

class Gateway final : public greeter::v1::Gateway::CallbackService {
 public:
  explicit Gateway(const std::shared_ptr<grpc::Channel>& greeter)
      : greeter_(greeter::v1::Greeter::NewStub(greeter)) {}

  // [forward]
  grpc::ServerUnaryReactor* Welcome(grpc::CallbackServerContext* context,
                                    const HelloRequest* request,
                                    HelloReply* reply) override {
    // With the deadline of the call, and cancelled with it.
    std::shared_ptr<grpc::ClientContext> next =
        grpc::ClientContext::FromCallbackServerContext(*context);
    usher::ForwardCaller(*context, *next, {.audience = "orders"});
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    greeter_->async()->Hello(next.get(), request, reply,
                             [next, reactor](grpc::Status status) {
                               // Also if the token could not be forwarded: then
                               // the greeter was not called.
                               reactor->Finish(status);
                             });
    return reactor;
  }
  // [forward]

 private:
  const std::unique_ptr<greeter::v1::Greeter::Stub> greeter_;
};

absl::Status Serve(const std::string& address, const std::string& usherd,
                   const std::string& greeter) {
  usher::MethodPolicy policy;
  policy.Service("greeter.v1.Gateway", {});
  // [keep]
  auto guard =
      usher::Guard::Create({.client = {.target = usherd, .tls = std::nullopt},
                            .audiences = {"orders"},
                            .policy = policy,
                            .keep_tokens_to_forward = true});
  // [keep]
  if (!guard.ok()) return guard.status();
  // Local credentials are for this machine only, as secure as it is; elsewhere
  // take grpc::SslCredentials().
  Gateway gateway(grpc::CreateChannel(
      greeter, grpc::experimental::LocalCredentials(LOCAL_TCP)));
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, (*guard)->InsecureCredentials(), &port);
  builder.RegisterService(&gateway);
  (*guard)->Install(builder);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return (*guard)->Check(builder);
  std::cout << "listening on port " << port << std::endl;
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());
  server->Shutdown();
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: gateway ADDRESS USHERD GREETER\n";
    return 2;
  }
  const absl::Status status = Serve(argv[1], argv[2], argv[3]);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
