#include "client/cli/token/lints.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "client/cli/print/format.h"
#include "lib/base/strings.h"
#include "lib/jose/alg.h"

namespace usher::cli {
namespace {

using json::Value;
using Oddities = std::vector<std::string>;

// usherd's defaults.
constexpr absl::Duration kSkew = absl::Seconds(60);
constexpr absl::Duration kLongestLife = absl::Hours(24);
// Seconds in the year 5138: a number this large counts milliseconds.
constexpr double kTooManySeconds = 1e11;

struct Row {
  std::string_view name;
  std::string_view what;
};

constexpr auto kHeaderMembers = std::to_array<Row>({
    {"crit", "demands extensions (crit): usherd refuses that"},
    {"b64", "has b64 (RFC 7797): usherd refuses that"},
    {"jwk",
     "brings its own key (jwk): usherd never looks at it, and whoever "
     "does can be fooled"},
    {"jku",
     "says where its key is to be fetched (jku): usherd never looks at "
     "it, and whoever does can be fooled"},
    {"x5c", "brings its own certificate (x5c): usherd never looks at it"},
    {"x5u",
     "says where its certificate is to be fetched (x5u): usherd never "
     "looks at it"},
});

// What only an ID token or a logout token has.
constexpr auto kIdTokenClaims =
    std::to_array<std::string_view>({"nonce", "at_hash", "c_hash", "events"});

constexpr auto kRequired = std::to_array<Row>({
    {"iss", "has no issuer (iss): usherd refuses that"},
    {"aud",
     "has no audience (aud): whoever it was meant for, anybody could "
     "use it elsewhere; usherd refuses that unless told otherwise"},
    {"exp", "never expires (no exp): usherd refuses that"},
    {"iat",
     "does not say when it was issued (iat): its age and lifetime "
     "cannot be limited"},
    {"sub", "names no subject (sub)"},
});

void JudgeAlgorithm(json::Value header, Oddities& oddities) {
  const auto alg = header.Find("alg");
  const auto name = alg ? alg->String() : std::nullopt;
  if (!name) {
    oddities.push_back("has no algorithm (alg)");
  } else if (*name == "none" || *name == "None" || *name == "NONE") {
    oddities.push_back(
        "is not signed at all (alg none): anybody can make one like it");
  } else if (name->starts_with("HS")) {
    oddities.push_back(
        "is signed with a shared secret (HS...): whoever can check it can "
        "forge it; usherd never takes these");
  } else if (jose::AlgsNamed(*name).empty()) {
    oddities.push_back("has an algorithm (alg) that usherd does not know");
  }
}

void JudgeTime(json::Value claims, std::string_view name, absl::Time now,
               Oddities& oddities) {
  const auto claim = claims.Find(name);
  if (!claim) return;
  const std::optional<double> seconds = claim->Number();
  if (!seconds) {
    oddities.push_back(
        base::StrCat(name, " is no number: it must be seconds since 1970"));
    return;
  }
  if (*seconds > kTooManySeconds) {
    oddities.push_back(base::StrCat(
        name, " lies thousands of years ahead: is it in milliseconds?"));
    return;
  }
  const absl::Time time = absl::FromUnixSeconds(std::llround(*seconds));
  if (name == "exp" && time + kSkew < now) {
    oddities.push_back(
        base::StrCat("has expired, ", InWords(now - time), " ago"));
  } else if (name == "nbf" && time - kSkew > now) {
    oddities.push_back(
        base::StrCat("is not valid yet, for ", InWords(time - now)));
  } else if (name == "iat" && time - kSkew > now) {
    oddities.push_back(base::StrCat("was issued in the future, by ",
                                    InWords(time - now),
                                    ": is a clock wrong?"));
  }
}

void JudgeLifetime(json::Value claims, Oddities& oddities) {
  const auto seconds = [&](std::string_view name) {
    const auto claim = claims.Find(name);
    return claim ? claim->Number() : std::nullopt;
  };
  const auto exp = seconds("exp"), iat = seconds("iat");
  if (!exp || !iat || *exp > kTooManySeconds) return;
  const absl::Duration life = absl::Seconds(*exp - *iat);
  if (life <= absl::ZeroDuration()) {
    oddities.push_back("expires before it was issued");
  } else if (life > kLongestLife) {
    oddities.push_back(
        base::StrCat("lives for ", InWords(life),
                     ": usherd takes 24h unless told otherwise"));
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

void FindHeaderOddities(json::Value header, Oddities& oddities) {
  JudgeAlgorithm(header, oddities);
  if (!header.Find("kid")) {
    oddities.push_back(
        "names no key (kid): the issuer's keys must be tried one by one");
  }
  for (const Row& row : kHeaderMembers) {
    if (header.Find(row.name)) oddities.emplace_back(row.what);
  }
}

void FindClaimOddities(json::Value claims, absl::Time now, Oddities& oddities) {
  for (const Row& row : kRequired) {
    if (!claims.Find(row.name)) oddities.emplace_back(row.what);
  }
  if (IsEmptyList(claims.Find("aud"))) {
    oddities.push_back("is meant for nobody (aud is an empty list)");
  }
  for (std::string_view name : {"exp", "nbf", "iat"}) {
    JudgeTime(claims, name, now, oddities);
  }
  JudgeLifetime(claims, oddities);
  if (claims.Find("cnf")) {
    oddities.push_back(
        "is bound to its sender's key (cnf): as a plain bearer token usherd "
        "refuses it");
  }
  if (LooksLikeIdToken(claims)) {
    oddities.push_back(
        "looks like an ID or logout token: services take access tokens");
  }
}

}  // namespace usher::cli
