#include "tests/client/core/scripted_server.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/ext/health_check_service_server_builder_option.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "lib/base/text/strings.h"

namespace usher::testing {
namespace {

template <typename Function, typename Request, typename Response>
grpc::Status Play(const Function& script, const Request* request,
                  Response* response) {
  if (!script) return {grpc::StatusCode::UNIMPLEMENTED, "not in the script"};
  return script(*request, *response);
}

template <typename... Details>
grpc::Status WithDetails(grpc::StatusCode code, const std::string& message,
                         const Details&... details) {
  google::rpc::Status status;
  status.set_code(static_cast<int>(code));
  status.set_message(message);
  (static_cast<void>(status.add_details()->PackFrom(details)), ...);
  return grpc::Status(code, message, status.SerializeAsString());
}

}  // namespace

ScriptedServer::ScriptedServer(Script script, const Settings& settings)
    : script_(std::move(script)) {
  grpc::EnableDefaultHealthCheckService(settings.health_service);
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  int port = 0;
  builder.AddListeningPort(settings.address,
                           settings.credentials
                               ? settings.credentials
                               : grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(static_cast<v1::TokenService::Service*>(this));
  builder.RegisterService(static_cast<v1::AdminService::Service*>(this));
  server_ = builder.BuildAndStart();
  address_ = base::StrCat("127.0.0.1:", port);
}

ScriptedServer::~ScriptedServer() {
  if (server_) server_->Shutdown(std::chrono::system_clock::now());
}

std::vector<v1::VerifyRequest> ScriptedServer::verify_requests() const {
  std::lock_guard lock(mutex_);
  return verify_requests_;
}

std::vector<std::string> ScriptedServer::verify_metadata(
    const std::string& key) const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> values;
  const auto [first, last] = verify_metadata_.equal_range(key);
  for (auto it = first; it != last; ++it) values.push_back(it->second);
  return values;
}

std::set<std::string> ScriptedServer::peers() const {
  std::lock_guard lock(mutex_);
  return peers_;
}

void ScriptedServer::SetServing(bool serving) {
  server_->GetHealthCheckService()->SetServingStatus("usher.v1.TokenService",
                                                     serving);
}

grpc::Status ScriptedServer::Verify(grpc::ServerContext* context,
                                    const v1::VerifyRequest* request,
                                    v1::VerifyResponse* response) {
  {
    std::lock_guard lock(mutex_);
    verify_requests_.push_back(*request);
    peers_.insert(context->peer());
    for (const auto& [key, value] : context->client_metadata()) {
      verify_metadata_.emplace(std::string(key.data(), key.size()),
                               std::string(value.data(), value.size()));
    }
  }
  return Play(script_.verify, request, response);
}

grpc::Status ScriptedServer::BatchVerify(grpc::ServerContext*,
                                         const v1::BatchVerifyRequest* request,
                                         v1::BatchVerifyResponse* response) {
  return Play(script_.batch, request, response);
}

grpc::Status ScriptedServer::Introspect(grpc::ServerContext*,
                                        const v1::IntrospectRequest* request,
                                        v1::IntrospectResponse* response) {
  return Play(script_.introspect, request, response);
}

grpc::Status ScriptedServer::Explain(grpc::ServerContext*,
                                     const v1::ExplainRequest* request,
                                     v1::ExplainResponse* response) {
  return Play(script_.explain, request, response);
}

grpc::Status ScriptedServer::RefreshKeys(grpc::ServerContext*,
                                         const v1::RefreshKeysRequest* request,
                                         v1::RefreshKeysResponse* response) {
  return Play(script_.refresh_keys, request, response);
}

grpc::Status ScriptedServer::ListIssuers(grpc::ServerContext*,
                                         const v1::ListIssuersRequest* request,
                                         v1::ListIssuersResponse* response) {
  return Play(script_.list_issuers, request, response);
}

v1::VerifiedToken WholeToken() {
  v1::VerifiedToken token;
  token.set_issuer("https://login.example.com");
  token.set_issuer_name("corp");
  token.set_subject("alice");
  token.set_client_id("shop");
  token.add_audiences("orders");
  token.add_audiences("billing");
  token.add_scopes("read");
  token.set_kind(v1::ACCESS_TOKEN);
  token.set_token_id("jti-1");
  token.set_session_id("sid-1");
  token.mutable_issued_at()->set_seconds(1'767'225'600);
  token.mutable_not_before()->set_seconds(1'767'225'601);
  token.mutable_expires_at()->set_seconds(1'767'225'900);
  token.set_key_id("key-1");
  token.set_algorithm("ES256");
  token.set_confirmation_json(R"({"jkt":"x"})");
  token.set_claims_json(R"({"sub":"alice"})");
  token.mutable_cache_for()->set_seconds(30);
  token.set_stale_keys(true);
  token.mutable_evaluated_at()->set_seconds(1'767'225'700);
  return token;
}

grpc::Status SayVerified(const v1::VerifyRequest&,
                         v1::VerifyResponse& response) {
  *response.mutable_verified() = WholeToken();
  return grpc::Status::OK;
}

ScriptedServer::Script Denying(int reason_number, std::string message,
                               std::string claim) {
  return {
      .verify = [=](const v1::VerifyRequest&, v1::VerifyResponse& response) {
        v1::Denial& denial = *response.mutable_denial();
        denial.set_reason(static_cast<v1::Reason>(reason_number));
        denial.set_message(message);
        if (!claim.empty()) denial.set_claim(claim);
        return grpc::Status::OK;
      }};
}

grpc::Status UndecidedStatus(grpc::StatusCode code, Reason reason,
                             absl::Duration retry_after) {
  google::rpc::ErrorInfo info;
  info.set_domain("usher.dev");
  info.set_reason(std::string(NameOf(reason)));
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(
      absl::IDivDuration(retry_after, absl::Seconds(1), &retry_after));
  retry.mutable_retry_delay()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(retry_after)));
  // As usherd says it: led by the reason.
  return WithDetails(
      code, base::StrCat(info.reason(), ": the keys cannot be had just now"),
      info, retry);
}

grpc::Status BadRequestStatus(std::string_view field,
                              std::string_view description) {
  google::rpc::BadRequest request;
  auto& violation = *request.add_field_violations();
  violation.set_field(std::string(field));
  violation.set_description(std::string(description));
  return WithDetails(grpc::StatusCode::INVALID_ARGUMENT, "bad request",
                     request);
}

}  // namespace usher::testing
