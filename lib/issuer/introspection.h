// Which issuer is asked about an opaque token.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "lib/introspect/fair_slots.h"
#include "lib/oauth/credentials.h"

namespace usher::issuer {

// What an operator configures for the introspection endpoint of one issuer
// (RFC 7662). Plain data.
struct Introspection {
  // An https URL. Absent: the issuer's metadata name it
  // (`introspection_endpoint`, RFC 8414 section 2).
  std::optional<std::string> endpoint;
  oauth::CredentialSettings client;
  absl::Duration timeout = absl::Seconds(1);
  introspect::SlotLimits slots;
  // Tokens that begin so are this issuer's: "ory_at_". "": none.
  std::string prefix;
  // It is asked about opaque tokens that no prefix tells. One issuer at most.
  bool is_default = false;
  // Its JWTs are asked about too, once their signature was verified.
  bool always = false;
  // Accepts answers without an audience: then a token that was issued for one
  // service passes at every other.
  bool insecure_allow_missing_audience = false;

  bool operator==(const Introspection&) const = default;
};

// The longest opaque token that is shown to an issuer.
inline constexpr size_t kMaxOpaqueToken = 4096;

// Whether `token` is no JWT by its form: it does not begin as one (`eyJ`, which
// is `{"` in base64url) and does not have exactly two dots.
bool LooksOpaque(std::string_view token);

// Whether an issuer may be asked about `token`: 1 to kMaxOpaqueToken characters
// of the alphabet of bearer tokens (b64token, RFC 6750 section 2.1).
bool IsOpaqueToken(std::string_view token);

// Whether a configured prefix can begin an opaque token.
bool IsOpaquePrefix(std::string_view prefix);

// Whether an opaque token could have both prefixes.
inline bool DoPrefixesOverlap(std::string_view a, std::string_view b) {
  return a.starts_with(b) || b.starts_with(a);
}

// Finds the one issuer that an opaque token belongs to. Immutable.
class OpaqueRoutes {
 public:
  // By position in the registry. The prefixes are valid and none begins with
  // another, and only one is the default (ErrorsBetween(), config.h).
  void Add(const Introspection& introspection, size_t issuer);

  // The issuer whose prefix `token` has, else the default one. Absent: there is
  // none.
  std::optional<size_t> Find(std::string_view token) const;

 private:
  std::map<std::string, size_t, std::less<>> by_prefix_;
  std::optional<size_t> default_;
};

}  // namespace usher::issuer
