// A guarded server whose policy wants something of claims, or is in a file:
//
//   greeter_policy ADDRESS USHERD [POLICY [HEADER]]
//
// serves until its standard input ends. POLICY is a file; "" is the policy
// below. HEADER carries the token, in place of `authorization`. docs/guard.md
// quotes the parts between the marks; a test runs it.
#include <grpcpp/ext/proto_server_reflection_plugin.h>
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

class Greeter final : public greeter::v1::Greeter::Service {
 public:
  grpc::Status Hello(grpc::ServerContext* context, const HelloRequest*,
                     HelloReply* reply) override {
    // [claims]
    const usher::Caller* caller = usher::FindCaller(context);
    const std::optional<std::string> tenant =
        caller->claims().FindString("tenant");
    const bool admin = usher::Claim({"realm_access", "roles"})
                           .Contains("admin")
                           .Holds(caller->claims());
    // [claims]
    reply->set_text("hello, " + caller->subject().value_or("stranger") +
                    " of " + tenant.value_or("nowhere") +
                    (admin ? ", admin" : ""));
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
  policy
      .Default({})
      // [rule]
      .Method(
          "/greeter.v1.Greeter/Forget",
          {.scopes = {"greeter.write"},
           .claims = {usher::Claim("tenant").IsOneOf({"acme", "emca"}),
                      usher::Claim({"realm_access", "roles"}).Contains("admin"),
                      usher::Claim("email_verified").Is(true)}})
      // [rule]
      .Method("/greeter.v1.Greeter/Version", usher::Public())
      .Reflection(usher::Public());
  return policy;
}

usher::GuardOptions OptionsWithoutFile() {
  return {.audiences = {"orders"}, .policy = Policy()};
}

// The file names the audiences too.
usher::GuardOptions OptionsWithFile(const std::string& file) {
  // [file]
  usher::GuardOptions options = {.policy_file = file};
  // [file]
  return options;
}

absl::Status Serve(const std::string& address, const std::string& usherd,
                   usher::GuardOptions options) {
  options.client = {.target = usherd, .tls = std::nullopt};
  auto guard = usher::Guard::Create(std::move(options));
  if (!guard.ok()) return guard.status();
  Greeter greeter;
  int port = 0;
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
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
  if (argc < 3 || argc > 5) {
    std::cerr << "usage: greeter_policy ADDRESS USHERD [POLICY [HEADER]]\n";
    return 2;
  }
  const std::string policy = argc > 3 ? argv[3] : "";
  usher::GuardOptions options =
      policy.empty() ? OptionsWithoutFile() : OptionsWithFile(policy);
  if (argc > 4) {
    const std::string header = argv[4];
    // [header]
    options.token_header = header;
    // [header]
  }
  const absl::Status status = Serve(argv[1], argv[2], std::move(options));
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
