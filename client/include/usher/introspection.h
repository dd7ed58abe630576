// The result of Introspect: that of Verify in the form of RFC 7662 section 2.2.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "usher/verify_result.h"

namespace usher {

// active=true. Member names are those of RFC 7662.
struct ActiveToken {
  std::optional<std::string> scope;  // joined by spaces
  std::optional<std::string> client_id;
  std::optional<std::string> username;
  std::optional<std::string> token_type;
  std::optional<absl::Time> exp;
  std::optional<absl::Time> iat;
  std::optional<absl::Time> nbf;
  std::optional<std::string> sub;
  std::vector<std::string> aud;
  std::optional<std::string> iss;
  std::optional<std::string> jti;
  // The whole payload as signed; of an opaque token, the answer of its issuer.
  std::optional<std::string> extra_json;
};

// active=false: the token is not valid. The standard does not allow a reason.
struct InactiveToken {};

class [[nodiscard]] Introspection {
 public:
  Introspection(ActiveToken token) : held_(std::move(token)) {}
  Introspection(InactiveToken token) : held_(token) {}
  Introspection(Undecided undecided) : held_(std::move(undecided)) {}

  bool ok() const { return active() != nullptr; }

  // Exactly one of these is not null.
  const ActiveToken* active() const { return std::get_if<ActiveToken>(&held_); }
  const InactiveToken* inactive() const {
    return std::get_if<InactiveToken>(&held_);
  }
  const Undecided* undecided() const { return std::get_if<Undecided>(&held_); }

 private:
  std::variant<ActiveToken, InactiveToken, Undecided> held_;
};

}  // namespace usher
