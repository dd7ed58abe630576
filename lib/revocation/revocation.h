// What can be revoked before it expires.
//
// A revocation covers the tokens of one issuer, by the issuer's configured
// name, so that its aliases are covered too. Where an issuer has tenants, it
// covers the tokens of one tenant.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "lib/jose/digest.h"

namespace usher::revocation {

// The numbers are stored: never reuse one.
enum class Kind : uint8_t {
  kTokenId = 0,     // jti: one token
  kSession = 1,     // sid: the tokens of one session
  kSubject = 2,     // sub
  kClient = 3,      // client_id, else azp, appid, cid
  kEverything = 4,  // every token of the issuer, or of the tenant
};

// Indexed by Kind.
inline constexpr auto kKindNames = std::to_array<std::string_view>(
    {"token_id", "session", "subject", "client", "everything"});
inline constexpr size_t kKinds = kKindNames.size();
static_assert(kKinds == static_cast<size_t>(Kind::kEverything) + 1);

constexpr std::string_view NameOf(Kind kind) {
  return kKindNames[static_cast<size_t>(kind)];
}

// Whether a revocation of this kind spares the tokens that were issued later.
// One of a token or a session covers them whatever their iat says.
constexpr bool SparesLaterTokens(Kind kind) {
  return kind != Kind::kTokenId && kind != Kind::kSession;
}

// Which tokens a revocation covers. Borrows its texts.
struct TargetView {
  std::string_view issuer;  // the configured name
  std::string_view tenant;  // "" where the issuer has no tenants
  Kind kind;
  std::string_view value;  // of the claim; "" for everything
};

// The same, with its texts.
struct Target {
  std::string issuer;
  std::string tenant;
  Kind kind = Kind::kTokenId;
  std::string value;

  operator TargetView() const { return {issuer, tenant, kind, value}; }
  bool operator==(const Target&) const = default;
};

// Identifies a target: SHA-256 over issuer, tenant, kind and value, each led by
// its length.
using TargetDigest = jose::Sha256Digest;
TargetDigest DigestOf(const TargetView& target);

struct Revocation {
  Target target;
  // Tokens that were issued later than this (and the clock skew) are not
  // covered. InfiniteFuture unless SparesLaterTokens().
  absl::Time not_issued_after = absl::InfiniteFuture();
  absl::Time revoked_at;
  std::string reason;
  std::string operator_name;

  bool operator==(const Revocation&) const = default;
};

}  // namespace usher::revocation
