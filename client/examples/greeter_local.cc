// A guarded server that verifies tokens itself, without usherd:
//
//   greeter_local ADDRESS CONFIG
//
// serves until its standard input ends. CONFIG is a configuration file of
// usherd. docs/guard.md quotes the part between the marks; a test runs it.
#include <grpcpp/server_builder.h>
#include <usher/guard.h>
#include <usher/local_verifier.h>

#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "greeter.grpc.pb.h"

namespace {

using greeter::v1::HelloReply;
using greeter::v1::HelloRequest;

class Greeter final : public greeter::v1::Greeter::Service {
 public:
  grpc::Status Hello(grpc::ServerContext* context, const HelloRequest*,
                     HelloReply* reply) override {
    const usher::Caller* caller = usher::FindCaller(context);
    reply->set_text("hello, " + caller->subject().value_or("stranger"));
    return grpc::Status::OK;
  }

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

absl::Status Serve(const std::string& address, const std::string& config) {
  // [local]
  auto local = usher::LocalVerifier::Create({.config_file = config});
  if (!local.ok()) return local.status();
  auto guard = usher::Guard::Create({.verifier = *std::move(local),
                                     .audiences = {"orders"},
                                     .policy = Policy()});
  // [local]
  if (!guard.ok()) return guard.status();
  Greeter greeter;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, (*guard)->InsecureCredentials(), &port);
  builder.RegisterService(&greeter);
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
    std::cerr << "usage: greeter_local ADDRESS CONFIG\n";
    return 2;
  }
  const absl::Status status = Serve(argv[1], argv[2]);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
