#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <array>
#include <memory>

#include "client/cli/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/print/failure.h"
#include "client/cli/remote/ask.h"
#include "client/cli/remote/connection.h"
#include "client/core/wire.h"
#include "lib/base/strings.h"

namespace usher::cli {
namespace {

// grpc/health/v1/health.proto (gRPC 1.51): HealthCheckRequest is one string of
// number 1, HealthCheckResponse one enum of number 1. On the wire these are
// what StringValue and Int32Value are; classes of our own would meet others'
// of the same name in a program that has both.
using Request = google::protobuf::StringValue;
using Response = google::protobuf::Int32Value;
constexpr char kMethod[] = "/grpc.health.v1.Health/Check";
constexpr char kService[] = "usher.v1.TokenService";

constexpr int kServing = 1;
constexpr auto kNames =
    std::to_array<std::string_view>({"UNKNOWN", "SERVING", "NOT_SERVING"});

std::string_view NameOf(int status) {
  const bool known = status >= 0 && static_cast<size_t>(status) < kNames.size();
  return known ? kNames[static_cast<size_t>(status)] : "UNKNOWN";
}

ExitStatus Health(const Connection& connection, Console& console) {
  auto transport = Connect(connection, console);
  if (!transport.ok()) {
    console.Fail(base::Std(transport.status().message()));
    return ExitStatus::kUsage;
  }
  grpc::TemplatedGenericStub<Request, Response> stub((*transport)->channel());
  Request service;
  service.set_value(kService);
  const auto reply = Ask<Request, Response>(
      **transport, std::move(service),
      [&stub](grpc::ClientContext* context, const Request& request,
              grpc::CompletionQueue* queue) {
        return stub.PrepareUnaryCall(context, kMethod, request, queue);
      });
  if (!reply.status.ok()) {
    return Tell(client::UndecidedFrom(reply.status), connection, console);
  }
  console.out << NameOf(reply.response.value()) << "\n";
  return reply.response.value() == kServing ? ExitStatus::kFine
                                            : ExitStatus::kNo;
}

}  // namespace

Run AddHealth(Arguments& arguments) {
  // Of the two listeners the one that asks nobody on this machine for a
  // certificate.
  auto connection = std::make_shared<Connection>(
      Connection{"--server", Connection::ToAdmin().target});
  AddOptions(*connection, arguments);
  return
      [connection](Console& console) { return Health(*connection, console); };
}

}  // namespace usher::cli
