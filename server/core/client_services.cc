#include "server/core/client_services.h"

#include <grpc/grpc_security_constants.h>

#include <array>
#include <string_view>

#include "server/core/status.h"

namespace usher::server {
namespace {

std::string_view View(grpc::string_ref text) {
  return std::string_view(text.data(), text.size());
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
    by_certificate_.emplace(from.certificate, std::move(client_service));
  }
}

const ClientService* ClientServices::Find(const grpc::AuthContext& peer) const {
  bool has_alternative_names = false;
  for (const char* property :
       {GRPC_PEER_URI_PROPERTY_NAME, GRPC_PEER_DNS_PROPERTY_NAME}) {
    for (const grpc::string_ref& name : peer.FindPropertyValues(property)) {
      has_alternative_names = true;
      const auto found = by_certificate_.find(View(name));
      if (found != by_certificate_.end()) return &found->second;
    }
  }
  // In a certificate with alternative names, only those count (RFC 6125 section
  // 6.4.4).
  if (has_alternative_names) return nullptr;
  for (const grpc::string_ref& name :
       peer.FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME)) {
    const auto found = by_certificate_.find(View(name));
    if (found != by_certificate_.end()) return &found->second;
  }
  return nullptr;
}

grpc::Status ClientServices::Admit(const grpc::AuthContext& peer, Rpc rpc,
                                   const ClientService*& client_service) const {
  client_service = nullptr;
  if (by_certificate_.empty()) return grpc::Status::OK;
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
