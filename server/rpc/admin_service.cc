#include "server/rpc/admin_service.h"

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "lib/base/text/strings.h"
#include "server/rpc/call.h"
#include "server/rpc/issuer_status.h"
#include "server/rpc/key_refresh.h"
#include "server/rpc/raw_messages.h"
#include "server/rpc/request_checks.h"
#include "server/rpc/verification.h"
#include "server/rpc/wire.h"

namespace usher::server {
namespace {

using Issuers = std::vector<std::shared_ptr<const issuer::Issuer>>;

// Whose keys are to be fetched, or what is wrong with asking so.
std::variant<FieldViolations, Issuers> Asked(
    const v1::RefreshKeysRequest& request, const issuer::Registry& issuers) {
  if (request.all_issuers() != request.issuer_names().empty()) {
    return FieldViolations{
        {"issuer_names", "name issuers, or set all_issuers"}};
  }
  FieldViolations violations;
  absl::flat_hash_set<const issuer::Issuer*> named;
  for (int i = 0; i < request.issuer_names_size(); ++i) {
    const issuer::Issuer* issuer = issuers.FindNamed(request.issuer_names(i));
    if (issuer != nullptr) {
      named.insert(issuer);
    } else {
      violations.push_back({base::StrCat("issuer_names[", i, "]"),
                            "no issuer of that name is configured"});
    }
  }
  if (!violations.empty()) return violations;
  Issuers out;
  for (const auto& issuer : issuers.issuers()) {
    if (request.all_issuers() ? issuer->has_keys()
                              : named.contains(issuer.get())) {
      out.push_back(issuer);
    }
  }
  return out;
}

}  // namespace

grpc::ServerUnaryReactor* AdminService::Explain(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request_bytes,
    grpc::ByteBuffer* response_bytes) {
  const Call call(deps_.counters, Rpc::kExplain, *context);
  v1::ExplainRequest request;
  if (const auto violations = ReadRequest(*request_bytes, request);
      !violations.empty()) {
    call.End(ToStatus(violations));
    return call.reactor();
  }
  const auto active = deps_.active_config.Read();
  const auto answer =
      server::Explain(active->verifier, request.request(), "request.");
  if (const auto* violations = std::get_if<FieldViolations>(&answer)) {
    call.End(ToStatus(*violations));
    return call.reactor();
  }
  const auto& explained = std::get<verify::Verifier::Explained>(answer);
  v1::ExplainResponse response;
  ToWire(explained.verdict, *response.mutable_response());
  for (const verify::Check& check : explained.checks) {
    ToWire(check, *response.add_checks());
  }
  call.End(WriteResponse(response, *response_bytes));
  return call.reactor();
}

grpc::ServerUnaryReactor* AdminService::ListIssuers(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request_bytes,
    grpc::ByteBuffer* response_bytes) {
  const Call call(deps_.counters, Rpc::kListIssuers, *context);
  v1::ListIssuersRequest request;
  if (const auto violations = ReadRequest(*request_bytes, request);
      !violations.empty()) {
    call.End(ToStatus(violations));
    return call.reactor();
  }
  const auto active_config = deps_.active_config.Read();
  const issuer::Registry& issuers = *active_config->issuers;
  const absl::Time now = deps_.clock.Now();
  v1::ListIssuersResponse response;
  for (const auto& issuer : issuers.issuers()) {
    ToWire(*issuer, now, *response.add_issuers());
  }
  response.set_configuration_generation(issuers.generation());
  call.End(WriteResponse(response, *response_bytes));
  return call.reactor();
}

grpc::ServerUnaryReactor* AdminService::RefreshKeys(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request_bytes,
    grpc::ByteBuffer* response_bytes) {
  const Call call(deps_.counters, Rpc::kRefreshKeys, *context);
  v1::RefreshKeysRequest request;
  if (const auto violations = ReadRequest(*request_bytes, request);
      !violations.empty()) {
    call.End(ToStatus(violations));
    return call.reactor();
  }
  auto asked = [&] {
    const auto active = deps_.active_config.Read();
    return Asked(request, *active->issuers);
  }();
  if (const auto* violations = std::get_if<FieldViolations>(&asked)) {
    call.End(ToStatus(*violations));
    return call.reactor();
  }
  server::RefreshKeys(
      std::get<Issuers>(std::move(asked)), deps_.clock, deps_.shared_refresh,
      [context] { return context->IsCancelled(); },
      [call, response_bytes](const v1::RefreshKeysResponse& response) {
        call.End(WriteResponse(response, *response_bytes));
      });
  return call.reactor();
}

template <typename Response, typename Request, typename Ask>
grpc::ServerUnaryReactor* AdminService::AskDesk(
    Rpc rpc, grpc::CallbackServerContext& context,
    const grpc::ByteBuffer& request_bytes, grpc::ByteBuffer& response_bytes,
    Ask ask) {
  const Call call(deps_.counters, rpc, context);
  Request request;
  if (const auto violations = ReadRequest(request_bytes, request);
      !violations.empty()) {
    call.End(ToStatus(violations));
    return call.reactor();
  }
  const auto issuers = [this] {
    const auto active = deps_.active_config.Read();
    return active->issuers;
  }();
  ask(deps_.revocations, request, *issuers, OperatorOf(context),
      [call, response = &response_bytes](const grpc::Status& status,
                                         const Response& answer) {
        call.End(status.ok() ? WriteResponse(answer, *response) : status);
      });
  return call.reactor();
}

grpc::ServerUnaryReactor* AdminService::Revoke(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return AskDesk<v1::RevokeResponse, v1::RevokeRequest>(
      Rpc::kRevoke, *context, *request, *response,
      [](const RevocationDesk& desk, auto&&... arguments) {
        desk.Revoke(std::forward<decltype(arguments)>(arguments)...);
      });
}

grpc::ServerUnaryReactor* AdminService::Unrevoke(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return AskDesk<v1::UnrevokeResponse, v1::UnrevokeRequest>(
      Rpc::kUnrevoke, *context, *request, *response,
      [](const RevocationDesk& desk, auto&&... arguments) {
        desk.Unrevoke(std::forward<decltype(arguments)>(arguments)...);
      });
}

grpc::ServerUnaryReactor* AdminService::ListRevocations(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return AskDesk<v1::ListRevocationsResponse, v1::ListRevocationsRequest>(
      Rpc::kListRevocations, *context, *request, *response,
      [](const RevocationDesk& desk, const auto& asked, const auto&,
         std::string, auto done) { desk.List(asked, std::move(done)); });
}

}  // namespace usher::server
