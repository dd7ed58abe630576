// Revoke, Unrevoke and ListRevocations: the requests' fields, the store, the
// logs.
#pragma once

#include <grpcpp/grpcpp.h>

#include <string>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/issuer/registry.h"
#include "lib/revocation/store.h"
#include "server/core/status.h"
#include "server/stats/audit_log.h"
#include "usher/v1/admin_service.pb.h"

namespace usher::server {

inline constexpr size_t kMaxRevokedBytes = 12u << 10;  // more fits in no token
inline constexpr size_t kMaxReasonBytes = 1024;
inline constexpr size_t kMaxRevocationPage = 1000;

// The name in the peer's client certificate: its first URI alternative name,
// else DNS name, else common name; "" without a certificate.
std::string OperatorOf(const grpc::CallbackServerContext& context);

// Thread-safe, cheap to copy. Whatever it points to outlives every call.
//
// Each method calls `done` once, inline or on the store's thread; the response
// counts only if the status is OK.
struct RevocationDesk {
  template <typename Response>
  using Done = absl::AnyInvocable<void(const grpc::Status&, const Response&)>;

  void Revoke(const v1::RevokeRequest& request, const issuer::Registry& issuers,
              std::string operator_name, Done<v1::RevokeResponse> done) const;
  void Unrevoke(const v1::UnrevokeRequest& request,
                const issuer::Registry& issuers, std::string operator_name,
                Done<v1::UnrevokeResponse> done) const;
  void List(const v1::ListRevocationsRequest& request,
            Done<v1::ListRevocationsResponse> done) const;

  revocation::Store* store = nullptr;  // null: FAILED_PRECONDITION
  const base::Clock* clock = nullptr;
  base::Log* log = nullptr;   // null: nothing is logged
  AuditLog* audit = nullptr;  // null: there is no audit log
};

}  // namespace usher::server
