// Sends one request to usherd's admin listener.
#pragma once

#include <functional>
#include <utility>
#include <variant>

#include "client/cli/base/console.h"
#include "client/cli/remote/ask.h"
#include "client/cli/remote/connection.h"
#include "client/cli/remote/failure.h"
#include "client/core/wire.h"
#include "lib/base/text/strings.h"
#include "usher/v1/admin_service.grpc.pb.h"

namespace usher::cli {

// `prepare`: &v1::AdminService::Stub::PrepareAsync... Returns the response, or
// the command's exit status after printing the error.
template <typename Response, typename Request, typename Prepare>
std::variant<ExitStatus, Response> AskAdmin(const Connection& connection,
                                            Request request, Prepare prepare,
                                            Console& console) {
  auto transport = Connect(connection, console);
  if (!transport.ok()) {
    console.Fail(base::Std(transport.status().message()));
    return ExitStatus::kUsage;
  }
  const auto stub = v1::AdminService::NewStub((*transport)->channel());
  auto reply =
      Ask<Request, Response>(**transport, std::move(request),
                             std::bind_front(std::move(prepare), stub.get()));
  if (reply.status.ok()) return std::move(reply.response);
  return PrintFailure(client::UndecidedFrom(reply.status), connection, console);
}

}  // namespace usher::cli
