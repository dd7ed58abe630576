// A guarded server in synchronous style, which tells callers it refuses what
// they need to know:
//
//   greeter_sync ADDRESS USHERD
//
// serves until its standard input ends. A test runs it.
#include <grpcpp/server_builder.h>
#include <usher/guard.h>
#include <usher/guarded_service.h>

#include <iostream>
#include <limits>
#include <memory>
#include <string>

#include "greeter.grpc.pb.h"

namespace {

using greeter::v1::HelloReply;
using greeter::v1::HelloRequest;

class Greeter final : public greeter::v1::Greeter::Service {
 public:
  // [handler]
  grpc::Status Hello(grpc::ServerContext* context, const HelloRequest*,
                     HelloReply* reply) override {
    const usher::Caller* caller = usher::FindCaller(context);
    reply->set_text("hello, " + caller->subject().value_or("stranger"));
    return grpc::Status::OK;
  }
  // [handler]

  grpc::Status Forget(grpc::ServerContext*, const HelloRequest*,
                      HelloReply* reply) override {
    reply->set_text("forgotten");
    return grpc::Status::OK;
  }

  grpc::Status Version(grpc::ServerContext*, const HelloRequest*,
                       HelloReply* reply) override {
    reply->set_text("1");
    return grpc::Status::OK;
  }
};

usher::MethodPolicy Policy() {
  usher::MethodPolicy policy;
  policy.Service("greeter.v1.Greeter", {})
      .Method("/greeter.v1.Greeter/Forget", {.scopes = {"greeter.write"}})
      .Method("/greeter.v1.Greeter/Version", usher::Public());
  return policy;
}

absl::Status Serve(const std::string& address, const std::string& usherd) {
  auto guard =
      usher::Guard::Create({.client = {.target = usherd, .tls = std::nullopt},
                            .audiences = {"orders"},
                            .policy = Policy()});
  if (!guard.ok()) return guard.status();
  Greeter greeter;
  usher::GuardedService guarded(greeter);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, (*guard)->InsecureCredentials(), &port);
  builder.RegisterService(&guarded);
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
  if (argc != 3) {
    std::cerr << "usage: greeter_sync ADDRESS USHERD\n";
    return 2;
  }
  const absl::Status status = Serve(argv[1], argv[2]);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
