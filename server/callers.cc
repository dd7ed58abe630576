#include "server/callers.h"

#include <grpc/grpc_security_constants.h>

#include <array>
#include <string_view>

#include "server/wire.h"

namespace usher::server {
namespace {

std::string_view View(grpc::string_ref text) {
  return std::string_view(text.data(), text.size());
}

grpc::Status Refuse(grpc::StatusCode code, std::string message) {
  return ToStatus({base::Reason::kCallerNotAllowed, std::move(message)}, code);
}

}  // namespace

Callers::Callers(const std::vector<config::Caller>& configured,
                 bool allow_anonymous)
    : allow_anonymous_(allow_anonymous || configured.empty()) {
  for (const config::Caller& from : configured) {
    Caller caller{from.name, from.audiences};
    for (const std::string& name : from.rpcs) {
      if (const auto rpc = RpcNamed(name)) {
        caller.rpcs |= 1u << static_cast<int>(*rpc);
      }
    }
    by_certificate_.emplace(from.certificate, std::move(caller));
  }
}

const Caller* Callers::Find(const grpc::AuthContext& peer) const {
  bool has_alternative_names = false;
  for (const char* property :
       {GRPC_PEER_URI_PROPERTY_NAME, GRPC_PEER_DNS_PROPERTY_NAME}) {
    for (const grpc::string_ref& name : peer.FindPropertyValues(property)) {
      has_alternative_names = true;
      const auto found = by_certificate_.find(View(name));
      if (found != by_certificate_.end()) return &found->second;
    }
  }
  // A certificate with alternative names is known by those alone (RFC 6125
  // section 6.4.4).
  if (has_alternative_names) return nullptr;
  for (const grpc::string_ref& name :
       peer.FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME)) {
    const auto found = by_certificate_.find(View(name));
    if (found != by_certificate_.end()) return &found->second;
  }
  return nullptr;
}

grpc::Status Callers::Admit(const grpc::AuthContext& peer, Rpc rpc,
                            const Caller*& caller) const {
  caller = nullptr;
  if (by_certificate_.empty()) return grpc::Status::OK;
  const bool authenticated = peer.IsPeerAuthenticated();
  if (authenticated) caller = Find(peer);
  if (caller == nullptr) {
    if (allow_anonymous_) return grpc::Status::OK;
    return authenticated
               ? Refuse(grpc::StatusCode::PERMISSION_DENIED,
                        "no configured caller has a name of this certificate")
               : Refuse(grpc::StatusCode::UNAUTHENTICATED,
                        "a client certificate is needed to call this service");
  }
  if (!caller->May(rpc)) {
    return Refuse(grpc::StatusCode::PERMISSION_DENIED,
                  base::StrCat("this caller may not call ", NameOf(rpc)));
  }
  return grpc::Status::OK;
}

}  // namespace usher::server
