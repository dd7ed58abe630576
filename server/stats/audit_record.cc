#include "server/stats/audit_record.h"

#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "lib/base/json_writer.h"
#include "lib/base/trace_context.h"
#include "usher/reason.h"

namespace usher::server {
namespace {

// The value of a header that occurs exactly once.
std::optional<std::string_view> Only(const grpc::CallbackServerContext& context,
                                     const char* name) {
  const auto& metadata = context.client_metadata();
  const auto [begin, end] = metadata.equal_range(name);
  if (begin == end || std::next(begin) != end) return std::nullopt;
  return std::string_view(begin->second.data(), begin->second.size());
}

void AddClaim(base::JsonObject& line, std::string_view name,
              const std::optional<std::string>& value) {
  if (value) line.Add(name, *value);
}

}  // namespace

struct AuditRecord::Request {
  AuditLog& log;
  std::string_view method;
  std::string client_service;  // "": not authenticated
  std::string request_id;
  std::optional<base::TraceContext> trace;

  base::JsonObject Begin() const {
    base::JsonObject line;
    line.Add("time", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", log.Now(),
                                      absl::UTCTimeZone()));
    line.Add("event", "verdict").Add("method", method);
    if (!client_service.empty()) line.Add("caller", client_service);
    line.Add("request_id", request_id);
    if (trace) {
      line.Add("trace_id", trace->trace_id).Add("parent_id", trace->parent_id);
    }
    return line;
  }
};

AuditRecord::AuditRecord(AuditLog* log, Rpc rpc,
                         const ClientService* client_service,
                         grpc::CallbackServerContext& context) {
  if (!log) return;
  const auto given = Only(context, "x-request-id");
  std::string id = given && base::IsRequestId(*given) ? std::string(*given)
                                                      : base::NewRequestId();
  context.AddInitialMetadata("x-request-id", id);
  const auto traceparent = Only(context, "traceparent");
  request_ = std::make_shared<const Request>(Request{
      *log, NameOf(rpc), client_service ? client_service->name : "",
      std::move(id),
      traceparent ? base::ParseTraceparent(*traceparent) : std::nullopt});
}

void AuditRecord::Write(const verify::Decision& decision) const {
  if (!request_) return;
  const verify::Verdict& verdict = decision.verdict;
  AuditLog& log = request_->log;
  if (!(verdict.ok() ? log.WantsVerified() : log.WantsRefused())) return;
  base::JsonObject line = request_->Begin();
  if (verdict.ok()) {
    line.Add("issuer", decision.issuer_name).Add("result", "VERIFIED");
    if (verdict->stale_keys()) line.Add("stale_keys", true);
    if (log.has_subjects()) {
      const token::Claims& claims = verdict->claims();
      AddClaim(line, "subject", claims.subject);
      AddClaim(line, "client_id", claims.client_id);
      AddClaim(line, "token_id", claims.token_id);
    }
  } else {
    const Reason reason = verdict.refusal().reason;
    line.Add("issuer", decision.issuer_name)
        .Add("result", InfoOf(reason).name)
        .Add("undecided", IsUndecided(reason));
    if (const uint64_t left_out = log.TakeLeftOut()) {
      line.Add("left_out", left_out);
    }
  }
  log.Write(line.Text());
}

}  // namespace usher::server
