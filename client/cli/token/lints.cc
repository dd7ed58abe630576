#include "client/cli/token/lints.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "client/cli/print/format.h"
#include "lib/base/text/strings.h"
#include "lib/jose/alg.h"

namespace usher::cli {
namespace {

using json::Value;
using Lints = std::vector<std::string>;

// usherd's defaults.
constexpr absl::Duration kSkew = absl::Seconds(60);
constexpr absl::Duration kLongestLife = absl::Hours(24);
// Seconds in the year 5138: a number this large counts milliseconds.
constexpr double kTooManySeconds = 1e11;

struct Lint {
  std::string_view name;
  std::string_view text;
};

constexpr auto kHeaderMembers = std::to_array<Lint>({
    {"crit", "requires extensions (crit): usherd denies it"},
    {"b64", "has b64 (RFC 7797): usherd denies it"},
    {"jwk",
     "contains its own key (jwk): usherd ignores it, because an attacker "
     "can put any key there"},
    {"jku",
     "says where to fetch its key (jku): usherd ignores it, because an "
     "attacker can put any address there"},
    {"x5c", "contains its own certificate (x5c): usherd ignores it"},
    {"x5u", "says where to fetch its certificate (x5u): usherd ignores it"},
});

// What only an ID token or a logout token has.
constexpr auto kIdTokenClaims =
    std::to_array<std::string_view>({"nonce", "at_hash", "c_hash", "events"});

constexpr auto kRequired = std::to_array<Lint>({
    {"iss", "has no issuer (iss): usherd denies it"},
    {"aud",
     "has no audience (aud), so any service that receives it could use it "
     "elsewhere; usherd denies it by default"},
    {"exp", "never expires (no exp): usherd denies it"},
    {"iat",
     "has no time of issue (iat), so its age and lifetime cannot be "
     "limited"},
    {"sub", "has no subject (sub)"},
});

void LintAlgorithm(json::Value header, Lints& lints) {
  const auto alg = header.Find("alg");
  const auto name = alg ? alg->String() : std::nullopt;
  if (!name) {
    lints.push_back("has no algorithm (alg)");
  } else if (*name == "none" || *name == "None" || *name == "NONE") {
    lints.push_back("is not signed (alg none): anyone can make such a token");
  } else if (name->starts_with("HS")) {
    lints.push_back(
        "is signed with a shared secret (HS...): every verifier can forge it; "
        "usherd never accepts these");
  } else if (jose::AlgsNamed(*name).empty()) {
    lints.push_back("has an algorithm (alg) that usherd does not know");
  }
}

void LintTime(json::Value claims, std::string_view name, absl::Time now,
              Lints& lints) {
  const auto claim = claims.Find(name);
  if (!claim) return;
  const std::optional<double> seconds = claim->Number();
  if (!seconds) {
    lints.push_back(
        base::StrCat(name, " is not a number: it must be seconds since 1970"));
    return;
  }
  if (*seconds > kTooManySeconds) {
    lints.push_back(base::StrCat(
        name, " is thousands of years ahead: it may be in milliseconds"));
    return;
  }
  const absl::Time time = absl::FromUnixSeconds(std::llround(*seconds));
  if (name == "exp" && time + kSkew < now) {
    lints.push_back(
        base::StrCat("expired ", ShortDuration(now - time), " ago"));
  } else if (name == "nbf" && time - kSkew > now) {
    lints.push_back(
        base::StrCat("is not valid for another ", ShortDuration(time - now)));
  } else if (name == "iat" && time - kSkew > now) {
    lints.push_back(base::StrCat("was issued ", ShortDuration(time - now),
                                 " in the future: check the clocks"));
  }
}

void LintLifetime(json::Value claims, Lints& lints) {
  const auto seconds = [&](std::string_view name) {
    const auto claim = claims.Find(name);
    return claim ? claim->Number() : std::nullopt;
  };
  const auto exp = seconds("exp"), iat = seconds("iat");
  if (!exp || !iat || *exp > kTooManySeconds) return;
  const absl::Duration life = absl::Seconds(*exp - *iat);
  if (life <= absl::ZeroDuration()) {
    lints.push_back("expires before it was issued");
  } else if (life > kLongestLife) {
    lints.push_back(base::StrCat("lives for ", ShortDuration(life),
                                 ": usherd accepts 24h by default"));
  }
}

bool LooksLikeIdToken(json::Value claims) {
  const auto says = [&](std::string_view name, std::string_view value) {
    const auto claim = claims.Find(name);
    return claim && claim->String() == value;
  };
  return says("typ", "ID") || says("token_use", "id") ||
         std::any_of(kIdTokenClaims.begin(), kIdTokenClaims.end(),
                     [&](std::string_view name) {
                       return claims.Find(name).has_value();
                     });
}

bool IsEmptyList(const std::optional<json::Value>& value) {
  if (!value || !value->IsArray()) return false;
  bool empty = true;
  value->ForEachElement([&](json::Value) { return empty = false; });
  return empty;
}

}  // namespace

void LintHeader(json::Value header, Lints& lints) {
  LintAlgorithm(header, lints);
  if (!header.Find("kid")) {
    lints.push_back(
        "has no key ID (kid): usherd must try the issuer's keys one by one");
  }
  for (const Lint& lint : kHeaderMembers) {
    if (header.Find(lint.name)) lints.emplace_back(lint.text);
  }
}

void LintClaims(json::Value claims, absl::Time now, Lints& lints) {
  for (const Lint& lint : kRequired) {
    if (!claims.Find(lint.name)) lints.emplace_back(lint.text);
  }
  if (IsEmptyList(claims.Find("aud"))) {
    lints.push_back("has no audience (aud is an empty list)");
  }
  for (std::string_view name : {"exp", "nbf", "iat"}) {
    LintTime(claims, name, now, lints);
  }
  LintLifetime(claims, lints);
  if (claims.Find("cnf")) {
    lints.push_back(
        "is bound to its sender's key (cnf): usherd denies it as a bearer "
        "token");
  }
  if (LooksLikeIdToken(claims)) {
    lints.push_back(
        "looks like an ID or logout token: services expect access tokens");
  }
}

}  // namespace usher::cli
