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
// the command's exit status after printing the error. `on_failure` prints the
// errors of this command: ExitStatus(const grpc::Status&).
template <typename Response, typename Request, typename Prepare,
          typename OnFailure>
std::variant<ExitStatus, Response> AskAdmin(const Connection& connection,
                                            Request request, Prepare prepare,
                                            Console& console,
                                            OnFailure on_failure) {
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
  return on_failure(reply.status);
}

template <typename Response, typename Request, typename Prepare>
std::variant<ExitStatus, Response> AskAdmin(const Connection& connection,
                                            Request request, Prepare prepare,
                                            Console& console) {
  return AskAdmin<Response>(connection, std::move(request), std::move(prepare),
                            console, [&](const grpc::Status& status) {
                              return PrintFailure(client::UndecidedFrom(status),
                                                  connection, console);
                            });
}

}  // namespace usher::cli
