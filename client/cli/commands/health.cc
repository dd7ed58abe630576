#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <array>
#include <memory>

#include "client/cli/base/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/remote/ask.h"
#include "client/cli/remote/connection.h"
#include "client/cli/remote/failure.h"
#include "client/core/wire.h"
#include "lib/base/text/strings.h"

namespace usher::cli {
namespace {

// grpc/health/v1/health.proto (gRPC 1.51): HealthCheckRequest is one string of
// number 1, HealthCheckResponse one enum of number 1. StringValue and
// Int32Value have the same wire format. Classes of our own could clash with
// others of the same name in one program.
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
    return PrintFailure(client::UndecidedFrom(reply.status), connection,
                        console);
  }
  console.out << NameOf(reply.response.value()) << "\n";
  return reply.response.value() == kServing ? ExitStatus::kOk : ExitStatus::kNo;
}

Run Add(Arguments& arguments) {
  // The admin listener asks for no certificate on loopback.
  auto connection = std::make_shared<Connection>(
      Connection{"--server", Connection::ToAdmin().target});
  AddOptions(*connection, arguments);
  return
      [connection](Console& console) { return Health(*connection, console); };
}

constexpr std::string_view kNotes =
    R"(Asks gRPC's health service about TokenService. Both listeners answer. The
default is the admin listener, which needs no client certificate on loopback,
so a container's health check needs none.

Exit status:
  0  serving: every required issuer has keys
  1  not serving
  2  the command line is wrong
  3  usherd cannot be reached

Examples:
  usher health
  usher health --server dns:///usher:9443 --ca ca.pem \
      --cert orders.crt --key orders.key)";

}  // namespace

Command HealthCommand() {
  return {
      .name = "health",
      .summary = "Ask whether usherd is serving, for health checks",
      .add = Add,
      .notes = kNotes,
  };
}

}  // namespace usher::cli
