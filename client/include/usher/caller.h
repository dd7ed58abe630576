// The caller of an RPC, for a handler behind the guard:
//
//   const usher::Caller* caller = usher::FindCaller(*context);
//   if (caller != nullptr && caller->HasScope("orders.write")) ...
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "usher/verified_token.h"

namespace grpc {
class ServerContextBase;
}  // namespace grpc

namespace usher {

// An immutable value. Everything in it comes from a verified token.
class Caller {
 public:
  explicit Caller(VerifiedToken token) : token_(std::move(token)) {}

  const std::optional<std::string>& subject() const { return token_.subject(); }
  const std::string& issuer() const { return token_.issuer(); }
  // Suitable for logs and metric labels.
  const std::string& issuer_name() const { return token_.issuer_name(); }
  const std::optional<std::string>& client_id() const {
    return token_.client_id();
  }
  const std::vector<std::string>& scopes() const { return token_.scopes(); }
  bool HasScope(std::string_view scope) const {
    return std::find(scopes().begin(), scopes().end(), scope) != scopes().end();
  }
  const std::vector<std::string>& audiences() const {
    return token_.audiences();
  }
  // A call that began earlier continues after this time. The handler of a long
  // stream decides whether to end it. Absent: the issuer gives no expiry.
  const std::optional<absl::Time>& expires_at() const {
    return token_.expires_at();
  }
  // Any claim, by name and type.
  const Claims& claims() const { return token_.claims(); }
  // Everything else, claims_json() included.
  const VerifiedToken& token() const { return token_; }

 private:
  VerifiedToken token_;
};

// The caller of the call that `context` belongs to, in every API style. Null if
// the policy says that the method is public, or that its token is optional and
// the call brought none; if the call came through an in-process channel, which
// has no gate; and on a server without a guard. Valid as long as the context.
// Costs a few loads.
const Caller* FindCaller(const grpc::ServerContextBase& context);

inline const Caller* FindCaller(const grpc::ServerContextBase* context) {
  return context == nullptr ? nullptr : FindCaller(*context);
}

}  // namespace usher
