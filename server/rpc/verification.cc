#include "server/rpc/verification.h"

namespace usher::server {

Admission Admit(const ActiveConfig& config, Rpc rpc,
                const grpc::CallbackServerContext& context) {
  const ClientService* client_service = nullptr;
  grpc::Status status = config.client_services->Admit(*context.auth_context(),
                                                      rpc, client_service);
  if (!status.ok()) return status;
  return client_service;
}

FieldViolations ToViolations(const verify::AmbiguousAudience&,
                             const std::string& path) {
  return {
      {path + "audiences", std::string(verify::AmbiguousAudience::kMessage)}};
}

std::variant<FieldViolations, verify::Verifier::Explained> Explain(
    const verify::Verifier& verifier, const v1::VerifyRequest& request,
    const std::string& path) {
  FieldViolations violations = CheckFields(request, path);
  if (!violations.empty()) return violations;
  auto explained =
      verifier.Explain(request.token(), ToRequirements(request, nullptr));
  if (auto* ambiguous = std::get_if<verify::AmbiguousAudience>(&explained)) {
    return ToViolations(*ambiguous, path);
  }
  return std::get<verify::Verifier::Explained>(std::move(explained));
}

}  // namespace usher::server
