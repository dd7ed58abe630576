#include "server/rpc/revocation_desk.h"

#include <grpc/grpc_security_constants.h>

#include <charconv>
#include <string_view>
#include <utility>

#include "lib/base/json_writer.h"
#include "lib/base/text/strings.h"
#include "lib/base/text/visible.h"
#include "lib/rpc/time.h"
#include "lib/verify/revocation_check.h"

namespace usher::server {
namespace {

using revocation::Kind;
using revocation::Revocation;
using revocation::Target;

grpc::Status NotConfigured() {
  return {grpc::StatusCode::FAILED_PRECONDITION,
          "usherd keeps no revocations: add `revocation: {file: PATH}` to its "
          "configuration and restart it (docs/revocation.md)"};
}

grpc::Status ToStatus(const absl::Status& status) {
  if (absl::IsUnavailable(status)) {
    return server::ToStatus(
        base::Refusal{Reason::kRevocationUnavailable,
                      std::string(base::Std(status.message()))});
  }
  // absl::StatusCode and grpc::StatusCode are both gRPC's own numbers.
  return {static_cast<grpc::StatusCode>(status.code()),
          std::string(base::Std(status.message()))};
}

struct Value {
  Kind kind;
  std::string_view field;
  const std::string* text;  // null: everything
};

std::optional<Value> ValueOf(const v1::RevocationTarget& target) {
  using Wire = v1::RevocationTarget;
  switch (target.target_case()) {
    case Wire::kTokenId:
      return Value{Kind::kTokenId, "target.token_id", &target.token_id()};
    case Wire::kSessionId:
      return Value{Kind::kSession, "target.session_id", &target.session_id()};
    case Wire::kSubject:
      return Value{Kind::kSubject, "target.subject", &target.subject()};
    case Wire::kClientId:
      return Value{Kind::kClient, "target.client_id", &target.client_id()};
    case Wire::kEverything:
      if (!target.everything()) return std::nullopt;
      return Value{Kind::kEverything, "target.everything", nullptr};
    case Wire::TARGET_NOT_SET:
      return std::nullopt;
  }
  return std::nullopt;
}

// `issuer` is null where none of that name is configured.
Target TargetOf(const v1::RevocationTarget& target,
                const issuer::Issuer* issuer, FieldViolations& violations) {
  const auto value = ValueOf(target);
  if (!value) {
    violations.push_back(
        {"target",
         "needs one of token_id, session_id, subject, client_id "
         "and everything: true"});
    return {};
  }
  if (value->text && value->text->empty()) {
    violations.push_back({std::string(value->field), "must not be empty"});
  }
  if (value->text && value->text->size() > kMaxRevokedBytes) {
    violations.push_back({std::string(value->field),
                          base::StrCat("must be at most ", kMaxRevokedBytes,
                                       " bytes: no token has a longer one")});
  }
  if (issuer) {
    if (const auto error = verify::TenantError(*issuer, target.tenant())) {
      violations.push_back({"target.tenant", std::string(*error)});
    }
  }
  return {target.issuer_name(), target.tenant(), value->kind,
          value->text ? *value->text : std::string()};
}

void CheckReason(const std::string& reason, FieldViolations& violations) {
  if (reason.empty()) {
    violations.push_back({"reason", "is required, for the audit log"});
  } else if (reason.size() > kMaxReasonBytes) {
    violations.push_back({"reason", base::StrCat("must be at most ",
                                                 kMaxReasonBytes, " bytes")});
  }
}

void ToWire(const Target& target, v1::RevocationTarget& out) {
  out.set_issuer_name(target.issuer);
  out.set_tenant(target.tenant);
  switch (target.kind) {
    case Kind::kTokenId:
      return out.set_token_id(target.value);
    case Kind::kSession:
      return out.set_session_id(target.value);
    case Kind::kSubject:
      return out.set_subject(target.value);
    case Kind::kClient:
      return out.set_client_id(target.value);
    case Kind::kEverything:
      return out.set_everything(true);
  }
}

void ToWire(const Revocation& revocation, const revocation::Store& store,
            v1::Revocation& out) {
  ToWire(revocation.target, *out.mutable_target());
  if (revocation::SparesLaterTokens(revocation.target.kind)) {
    rpc::ToWire(revocation.not_issued_after, *out.mutable_not_issued_after());
  }
  rpc::ToWire(revocation.revoked_at, *out.mutable_revoked_at());
  if (const auto expiry = store.ExpiryOf(revocation)) {
    rpc::ToWire(*expiry, *out.mutable_expires_at());
  }
  out.set_reason(revocation.reason);
  out.set_operator_name(revocation.operator_name);
}

enum class Deed { kRevoked, kUnrevoked };

// The value may be personal data, and the reason is free text: they are for the
// audit log only.
void Record(const RevocationDesk& desk, Deed deed, const Target& target,
            const std::string& reason, const std::string& operator_name) {
  const auto describe = [&](base::JsonObject& line) {
    line.Add("issuer", target.issuer);
    if (!target.tenant.empty()) line.Add("tenant", target.tenant);
    line.Add("kind", NameOf(target.kind));
    if (!operator_name.empty()) line.Add("operator", operator_name);
  };
  const bool lifted = deed == Deed::kUnrevoked;
  if (desk.log) {
    desk.log->Write(base::LogLevel::kInfo, lifted ? "unrevoked" : "revoked",
                    describe);
  }
  if (!desk.audit) return;
  base::JsonObject line;
  line.Add("time", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", desk.audit->Now(),
                                    absl::UTCTimeZone()));
  line.Add("event", lifted ? "unrevoked" : "revoked");
  describe(line);
  if (target.kind != Kind::kEverything) line.Add("value", target.value);
  line.Add("reason", reason);
  desk.audit->Write(line.Text());
}

}  // namespace

std::string OperatorOf(const grpc::CallbackServerContext& context) {
  const auto peer = context.auth_context();
  if (!peer || !peer->IsPeerAuthenticated()) return "";
  for (const char* property :
       {GRPC_PEER_URI_PROPERTY_NAME, GRPC_PEER_DNS_PROPERTY_NAME,
        GRPC_X509_CN_PROPERTY_NAME}) {
    const auto names = peer->FindPropertyValues(property);
    if (!names.empty()) {
      return base::Visible(std::string_view(names[0].data(), names[0].size()));
    }
  }
  return "";
}

void RevocationDesk::Revoke(const v1::RevokeRequest& request,
                            const issuer::Registry& issuers,
                            std::string operator_name,
                            Done<v1::RevokeResponse> done) const {
  if (!store) return done(NotConfigured(), {});
  FieldViolations violations;
  const issuer::Issuer* issuer =
      issuers.FindNamed(request.target().issuer_name());
  if (!issuer) {
    violations.push_back(
        {"target.issuer_name", "no issuer of that name is configured"});
  }
  Revocation revocation = {
      .target = TargetOf(request.target(), issuer, violations),
      .reason = request.reason(),
      .operator_name = std::move(operator_name)};
  CheckReason(request.reason(), violations);
  const absl::Time now = clock->Now();
  const bool spares = revocation::SparesLaterTokens(revocation.target.kind);
  if (spares) revocation.not_issued_after = now;
  if (request.has_not_issued_after()) {
    const absl::Time given = rpc::FromWire(request.not_issued_after());
    if (!spares) {
      violations.push_back(
          {"not_issued_after",
           "is only for subject, client_id and everything: one "
           "token or session is revoked as a whole"});
    } else if (given > now || given < absl::UnixEpoch()) {
      violations.push_back({"not_issued_after",
                            "must be between 1970 and now, by usherd's clock"});
    } else {
      revocation.not_issued_after = given;
    }
  }
  if (!violations.empty()) return done(server::ToStatus(violations), {});
  store->Revoke(std::move(revocation),
                [desk = *this, done = std::move(done)](
                    absl::StatusOr<Revocation> revoked) mutable {
                  if (!revoked.ok())
                    return done(ToStatus(revoked.status()), {});
                  Record(desk, Deed::kRevoked, revoked->target, revoked->reason,
                         revoked->operator_name);
                  v1::RevokeResponse response;
                  ToWire(*revoked, *desk.store, *response.mutable_revocation());
                  done(grpc::Status::OK, response);
                });
}

void RevocationDesk::Unrevoke(const v1::UnrevokeRequest& request,
                              const issuer::Registry& issuers,
                              std::string operator_name,
                              Done<v1::UnrevokeResponse> done) const {
  if (!store) return done(NotConfigured(), {});
  FieldViolations violations;
  const std::string& name = request.target().issuer_name();
  if (name.empty()) violations.push_back({"target.issuer_name", "is required"});
  // An issuer that is not configured any more may have revocations.
  Target target =
      TargetOf(request.target(), issuers.FindNamed(name), violations);
  CheckReason(request.reason(), violations);
  if (!violations.empty()) return done(server::ToStatus(violations), {});
  store->Unrevoke(
      std::move(target),
      [desk = *this, done = std::move(done), reason = request.reason(),
       operator_name =
           std::move(operator_name)](absl::StatusOr<Target> lifted) mutable {
        if (!lifted.ok()) return done(ToStatus(lifted.status()), {});
        Record(desk, Deed::kUnrevoked, *lifted, reason, operator_name);
        done(grpc::Status::OK, {});
      });
}

void RevocationDesk::List(const v1::ListRevocationsRequest& request,
                          Done<v1::ListRevocationsResponse> done) const {
  if (!store) return done(NotConfigured(), {});
  revocation::Query query;
  FieldViolations violations;
  if (!request.issuer_name().empty()) query.issuer = request.issuer_name();
  if (request.page_size() > kMaxRevocationPage) {
    violations.push_back(
        {"page_size", base::StrCat("must be at most ", kMaxRevocationPage)});
  } else if (request.page_size() > 0) {
    query.most = request.page_size();
  }
  if (const std::string& token = request.page_token(); !token.empty()) {
    int64_t after = 0;
    const char* const end = token.data() + token.size();
    const auto [read, error] = std::from_chars(token.data(), end, after);
    if (error != std::errc() || read != end || after < 1) {
      violations.push_back(
          {"page_token", "must be next_page_token of a response"});
    }
    query.after = after;
  }
  if (!violations.empty()) return done(server::ToStatus(violations), {});
  store->List(std::move(query),
              [desk = *this, done = std::move(done)](
                  absl::StatusOr<revocation::Page> page) mutable {
                if (!page.ok()) return done(ToStatus(page.status()), {});
                v1::ListRevocationsResponse response;
                for (const Revocation& revocation : page->revocations) {
                  ToWire(revocation, *desk.store, *response.add_revocations());
                }
                if (page->next) {
                  response.set_next_page_token(std::to_string(*page->next));
                }
                response.set_total(desk.store->set().size());
                done(grpc::Status::OK, response);
              });
}

}  // namespace usher::server
