#include "lib/verify/revocation_check.h"

#include <array>
#include <string_view>

namespace usher::verify {
namespace {

struct Words {
  std::string_view message;
  std::string_view claim;
};

// Indexed by revocation::Kind.
constexpr auto kWords = std::to_array<Words>({
    {"the token was revoked", "jti"},
    {"the token's session was revoked", "sid"},
    {"the subject's tokens were revoked", "sub"},
    {"the client's tokens were revoked", "client_id"},
    {"all tokens of the issuer were revoked", "iat"},
});
static_assert(kWords.size() == revocation::kKinds);

}  // namespace

std::optional<base::Refusal> CheckRevocation(const revocation::Set& revoked,
                                             const issuer::Issuer& issuer,
                                             const token::Claims& claims) {
  const auto kind = revoked.Find(
      {.issuer = issuer.config().name,
       .tenant = issuer.TenantOf(claims.issuer).value_or(std::string_view()),
       .token_id = claims.token_id,
       .session_id = claims.session_id,
       .subject = claims.subject,
       .client_id = claims.client_id,
       .issued_at = claims.issued_at,
       .clock_skew = issuer.config().policy.clock_skew});
  if (!kind) return std::nullopt;
  const Words& words = kWords[static_cast<size_t>(*kind)];
  return base::Refusal{Reason::kTokenRevoked, std::string(words.message),
                       std::string(words.claim)};
}

std::optional<std::string_view> TenantError(const issuer::Issuer& issuer,
                                            std::string_view tenant) {
  const auto& rule = issuer.config().tenants;
  if (!rule) {
    if (tenant.empty()) return std::nullopt;
    return "this issuer has no tenants";
  }
  if (tenant.empty()) return "is required: this issuer has tenants";
  if (rule->Allows(tenant)) return std::nullopt;
  return "is not a tenant that this issuer's rule allows";
}

}  // namespace usher::verify
