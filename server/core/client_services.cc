#include "server/core/client_services.h"

#include <grpc/grpc_security_constants.h>

#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "server/core/status.h"

namespace usher::server {
namespace {

std::string_view View(grpc::string_ref text) {
  return std::string_view(text.data(), text.size());
}

std::string LowerCase(std::string_view name) {
  return absl::AsciiStrToLower(base::Absl(name));
}

grpc::Status Refuse(grpc::StatusCode code, std::string message) {
  return ToStatus({Reason::kCallerNotAllowed, std::move(message)}, code);
}

}  // namespace

ClientServices::ClientServices(
    const std::vector<config::ClientService>& configured, bool allow_anonymous)
    : allow_anonymous_(allow_anonymous || configured.empty()) {
  for (const config::ClientService& from : configured) {
    ClientService client_service{from.name, from.audiences};
    for (const std::string& name : from.rpcs) {
      if (const auto rpc = RpcNamed(name)) {
        client_service.rpcs |= 1u << static_cast<int>(*rpc);
      }
    }
    if (from.certificate.find("://") != std::string::npos) {
      by_uri_.emplace(from.certificate, std::move(client_service));
    } else {
      by_dns_name_.emplace(LowerCase(from.certificate), client_service);
      by_common_name_.emplace(from.certificate, std::move(client_service));
    }
  }
}

const ClientService* ClientServices::Find(const grpc::AuthContext& peer) const {
  const auto found_by = [&](const char* property, const ByName& names,
                            const auto& key) -> const ClientService* {
    for (const grpc::string_ref& name : peer.FindPropertyValues(property)) {
      const auto found = names.find(key(View(name)));
      if (found != names.end()) return &found->second;
    }
    return nullptr;
  };
  constexpr auto kAsIs = [](std::string_view name) { return name; };
  if (const auto* found =
          found_by(GRPC_PEER_URI_PROPERTY_NAME, by_uri_, kAsIs)) {
    return found;
  }
  if (const auto* found =
          found_by(GRPC_PEER_DNS_PROPERTY_NAME, by_dns_name_, LowerCase)) {
    return found;
  }
  // gRPC lists alternative names of every type under the first.
  for (const char* property :
       {GRPC_X509_SAN_PROPERTY_NAME, GRPC_PEER_URI_PROPERTY_NAME,
        GRPC_PEER_DNS_PROPERTY_NAME}) {
    if (!peer.FindPropertyValues(property).empty()) return nullptr;
  }
  return found_by(GRPC_X509_CN_PROPERTY_NAME, by_common_name_, kAsIs);
}

grpc::Status ClientServices::Admit(const grpc::AuthContext& peer, Rpc rpc,
                                   const ClientService*& client_service) const {
  client_service = nullptr;
  if (by_uri_.empty() && by_dns_name_.empty()) return grpc::Status::OK;
  const bool authenticated = peer.IsPeerAuthenticated();
  if (authenticated) client_service = Find(peer);
  if (client_service == nullptr) {
    if (allow_anonymous_) return grpc::Status::OK;
    return authenticated
               ? Refuse(grpc::StatusCode::PERMISSION_DENIED,
                        "no configured caller has a name in this certificate")
               : Refuse(grpc::StatusCode::UNAUTHENTICATED,
                        "a client certificate is needed to call this service");
  }
  if (!client_service->May(rpc)) {
    return Refuse(
        grpc::StatusCode::PERMISSION_DENIED,
        base::StrCat("this caller is not permitted to call ", NameOf(rpc)));
  }
  return grpc::Status::OK;
}

}  // namespace usher::server
