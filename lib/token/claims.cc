#include "lib/token/claims.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "lib/base/text/strings.h"

namespace usher::token {
namespace {

using base::Refusal;
using json::Value;

// Absent: the claim was read. A claim of the wrong type is an error and never
// treated as absent: that would switch its check off.
using Error = std::optional<Refusal>;

constexpr size_t kMaxAudiences = 256;
constexpr size_t kMaxScopes = 1024;

Refusal Invalid(std::string_view claim, std::string_view rule) {
  return {Reason::kClaimInvalid, base::StrCat(claim, " ", rule),
          std::string(claim)};
}

Error ReadString(json::Value value, std::string_view claim,
                 std::optional<std::string>& into) {
  const std::optional<std::string_view> text = value.String();
  if (!text) return Invalid(claim, "must be a string");
  into = std::string(*text);
  return {};
}

// RFC 7519 section 2, NumericDate. The upper bound keeps arithmetic away from
// infinity, where "never expires" would begin.
Error ReadDate(json::Value value, std::string_view claim,
               std::optional<absl::Time>& into) {
  constexpr double kYear10000 = 253402300800.0;
  const std::optional<double> seconds = value.Number();
  if (!seconds) return Invalid(claim, "must be a number of seconds");
  if (!(*seconds >= 0 && *seconds < kYear10000)) {
    return Invalid(claim, "is not a date between 1970 and 9999");
  }
  if (const std::optional<int64_t> whole = value.Integer()) {
    into = absl::FromUnixSeconds(*whole);
  } else {
    into = absl::UnixEpoch() + absl::Seconds(*seconds);
  }
  return {};
}

Error ReadStrings(json::Value value, std::string_view claim, size_t most,
                  std::vector<std::string>& into) {
  Error error;
  value.ForEachElement([&](json::Value element) {
    const std::optional<std::string_view> text = element.String();
    if (!text) {
      error = Invalid(claim, "must contain only strings");
    } else if (into.size() == most) {
      error = Invalid(claim, base::StrCat("has more than ", most, " entries"));
    } else {
      into.emplace_back(*text);
    }
    return !error;
  });
  return error;
}

Error ReadAudiences(json::Value value, std::string_view claim,
                    std::vector<std::string>& into) {
  if (const std::optional<std::string_view> one = value.String()) {
    into.emplace_back(*one);
    return {};
  }
  if (!value.IsArray()) {
    return Invalid(claim, "must be a string or an array of strings");
  }
  return ReadStrings(value, claim, kMaxAudiences, into);
}

// RFC 6749 section 3.3: words between single spaces. Only U+0020 separates:
// "admin\tread" is one (unknown) word.
Error ReadScopes(json::Value value, std::string_view claim,
                 std::vector<std::string>& into) {
  if (value.IsArray()) return ReadStrings(value, claim, kMaxScopes, into);
  const std::optional<std::string_view> list = value.String();
  if (!list) return Invalid(claim, "must be a string or an array of strings");
  std::string_view rest = *list;
  const auto words = size_t(std::count(rest.begin(), rest.end(), ' ')) + 1;
  into.reserve(std::min(into.size() + words, kMaxScopes));
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (word.empty()) continue;
    if (into.size() == kMaxScopes) {
      return Invalid(claim,
                     base::StrCat("has more than ", kMaxScopes, " entries"));
    }
    into.emplace_back(word);
  }
  return {};
}

// A claim that names the kind of the token: the token_use of Cognito and of
// Hydra's introspection, and the typ that Keycloak adds to the claims. Another
// typ means nothing; a token with another token_use is of neither kind.
struct TokenUse {
  std::string_view claim, value;
  bool access, id;
};
constexpr auto kTokenUses = std::to_array<TokenUse>({
    {"token_use", "access", true, false},
    {"token_use", "access_token", true, false},
    {"token_use", "id", false, true},
    {"typ", "Bearer", true, false},
    {"typ", "ID", false, true},
    {"typ", "Refresh", false, false},
    {"typ", "Offline", false, false},
    {"typ", "Logout", false, false},
});

Error ReadTokenUse(json::Value value, std::string_view claim, Claims& claims) {
  const std::optional<std::string_view> text = value.String();
  if (!text && claim == "typ") return {};  // another typ means nothing
  if (!text) return Invalid(claim, "must be a string");
  const auto use = std::find_if(
      kTokenUses.begin(), kTokenUses.end(), [&](const TokenUse& row) {
        return row.claim == claim && row.value == *text;
      });
  if (use == kTokenUses.end() && claim == "typ") return {};
  if (use == kTokenUses.end() || !use->access) claims.not_access_token = claim;
  if (use == kTokenUses.end() || !use->id) claims.not_id_token = claim;
  return {};
}

struct ClaimReader {
  std::string_view name;
  Error (*read)(json::Value, std::string_view, Claims&);
  // Required of every token, so null is a wrong type.
  bool required = false;
};

template <auto Member>
Error String(json::Value value, std::string_view name, Claims& claims) {
  return ReadString(value, name, claims.*Member);
}
template <auto Member>
Error Date(json::Value value, std::string_view name, Claims& claims) {
  return ReadDate(value, name, claims.*Member);
}
// Not a registered claim: one that is no list of scopes means something else.
Error OtherScopes(json::Value value, std::string_view name, Claims& claims) {
  const size_t before = claims.scopes.size();
  if (ReadScopes(value, name, claims.scopes)) claims.scopes.resize(before);
  return {};
}
Error Scopes(json::Value value, std::string_view name, Claims& claims) {
  return ReadScopes(value, name, claims.scopes);
}
bool IsNull(json::Value value) {
  return value.type() == json::Value::Type::kNull;
}
Error IdTokenMark(json::Value value, std::string_view name, Claims& claims) {
  if (!IsNull(value)) claims.not_access_token = name;
  return {};
}
Error EventMark(json::Value value, std::string_view name, Claims& claims) {
  if (IsNull(value)) return {};
  claims.not_access_token = name;
  claims.not_id_token = name;
  return {};
}
Error Issuer(json::Value value, std::string_view name, Claims& claims) {
  const std::optional<std::string_view> text = value.String();
  if (!text) return Invalid(name, "must be a string");
  claims.issuer = *text;
  return {};
}
Error Confirmation(json::Value value, std::string_view, Claims& claims) {
  claims.confirmation = value.Text();  // null too: any cnf binds
  return {};
}

// Every claim that Usher reads, except for the audience, whose name is
// configured, and the claims for the client, of which the first one wins.
constexpr auto kClaimReaders = std::to_array<ClaimReader>({
    {"iss", Issuer, true},
    {"sub", String<&Claims::subject>},
    {"exp", Date<&Claims::expires_at>, true},
    {"nbf", Date<&Claims::not_before>},
    {"iat", Date<&Claims::issued_at>},
    {"jti", String<&Claims::token_id>},
    {"sid", String<&Claims::session_id>},
    {"scope", Scopes},
    {"scp", Scopes},
    {"scopes", OtherScopes},
    {"cnf", Confirmation},
    {"nonce", IdTokenMark},
    {"at_hash", IdTokenMark},
    {"c_hash", IdTokenMark},
    {"events", EventMark},
    {"token_use", ReadTokenUse},
    {"typ", ReadTokenUse},
});

// The first one wins. The claims of two providers are no client if they are no
// text: elsewhere the names mean other things.
struct ClientClaim {
  std::string_view name;
  bool registered;
};
constexpr auto kClientClaims = std::to_array<ClientClaim>(
    {{"client_id", true}, {"azp", true}, {"appid", false}, {"cid", false}});

// For display.
constexpr auto kUsernameClaims =
    std::to_array<std::string_view>({"username", "preferred_username"});

// Reads what depends on the configuration or on several claims.
Error ReadFallbacks(json::Value payload, std::string_view audience_claim,
                    Claims& claims) {
  if (const auto audience = payload.Find(audience_claim)) {
    if (Error error =
            ReadAudiences(*audience, audience_claim, claims.audiences)) {
      return error;
    }
  }
  for (const ClientClaim& row : kClientClaims) {
    const std::optional<json::Value> value = payload.Find(row.name);
    if (!value) continue;
    std::optional<std::string> text;
    if (Error error = ReadString(*value, row.name, text)) {
      if (row.registered && !IsNull(*value)) return error;
      continue;
    }
    if (!claims.client_id) claims.client_id = std::move(text);
  }
  for (std::string_view name : kUsernameClaims) {
    const auto value = payload.Find(name);
    if (!value || ReadString(*value, name, claims.username)) continue;
    break;
  }
  return {};
}

bool HasAny(json::Value payload, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const auto value = payload.Find(name);
    return value && !IsNull(*value);
  });
}

// Checked here, once for each token and not for each use of it: the rules of an
// issuer do not change as long as it lives.
void CheckRules(const Policy& policy, Claims& claims) {
  const ClaimRules* const of_kind[] = {&policy.access_token_rules,
                                       &policy.id_token_rules};
  static_assert(std::tuple_size_v<decltype(Claims::rejected)> ==
                std::size(of_kind));
  if (policy.rules.empty() && of_kind[0]->empty() && of_kind[1]->empty()) {
    return;
  }
  const usher::Claims all(claims.json);
  for (size_t kind = 0; kind < claims.rejected.size(); ++kind) {
    auto refusal = Check(policy.rules, all, claims.client_id);
    if (!refusal) refusal = Check(*of_kind[kind], all, claims.client_id);
    if (!refusal) continue;
    claims.rejected[kind] =
        std::make_shared<const Refusal>(*std::move(refusal));
  }
}

}  // namespace

base::Result<Claims> ReadClaims(json::Value payload, std::string_view json,
                                const Policy& policy, TokenKind kind,
                                std::string_view issuer_if_absent) {
  Claims claims;
  Error error;
  payload.ForEachMember([&](std::string_view name, json::Value value) {
    for (const ClaimReader& row : kClaimReaders) {
      if (row.name != name) continue;
      error = row.read(value, row.name, claims);
      if (error && !row.required && IsNull(value)) error.reset();
      break;
    }
    return !error;
  });
  if (!error) {
    error = ReadFallbacks(payload, policy.audience_claim_of(kind), claims);
  }
  if (error) return *std::move(error);
  if (claims.issuer.empty()) claims.issuer = issuer_if_absent;
  if (claims.issuer.empty()) {
    return Refusal{Reason::kIssuerMissing, "the token has no iss", "iss"};
  }
  claims.json = json;
  if (policy.access_token && !policy.access_token->has_any.empty()) {
    claims.no_access_token_mark =
        !HasAny(payload, policy.access_token->has_any);
  }
  CheckRules(policy, claims);
  return claims;
}

size_t Claims::Footprint() const {
  size_t bytes = sizeof(Claims) + issuer.capacity() + json.capacity();
  for (const auto* text : {&subject, &client_id, &token_id, &session_id,
                           &username, &confirmation}) {
    if (*text) bytes += (*text)->capacity();
  }
  for (const auto& refusal : rejected) {
    if (refusal) bytes += sizeof(*refusal) + refusal->message.capacity();
  }
  for (const auto* list : {&audiences, &scopes}) {
    bytes += list->capacity() * sizeof(std::string);
    for (const std::string& text : *list) bytes += text.capacity();
  }
  return bytes;
}

}  // namespace usher::token
