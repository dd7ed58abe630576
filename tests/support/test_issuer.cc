#include "tests/support/test_issuer.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "lib/base/json_writer.h"
#include "lib/base/result.h"
#include "lib/base/text/strings.h"
#include "lib/jose/digest.h"
#include "lib/jose/jws.h"
#include "lib/jose/key_set.h"
#include "lib/json/base64url.h"
#include "lib/json/json.h"

namespace usher::testing {
namespace {

using base::Absl;
using base::JsonObject;
using base::StrCat;

[[noreturn]] void Misused(std::string_view how) {
  std::fprintf(stderr, "TestIssuer: %.*s\n", static_cast<int>(how.size()),
               how.data());
  std::abort();
}

std::string Quoted(std::string_view text) {
  std::string out;
  base::AppendJsonString(out, text);
  return out;
}

// The members of a JSON object, as JSON texts, in order.
using Members = std::vector<std::pair<std::string, std::string>>;

// `members`, replaced and extended by those of `changes`, without `remove`.
absl::StatusOr<std::string> Merge(Members members, const std::string& changes,
                                  const std::vector<std::string>& remove) {
  json::Reader reader;
  const auto root = reader.Parse(changes);
  if (!root || !root->IsObject()) {
    return absl::InvalidArgumentError("the changes are no JSON object");
  }
  root->ForEachMember([&](std::string_view name, json::Value value) {
    auto same = std::ranges::find(members, name,
                                  &std::pair<std::string, std::string>::first);
    if (same == members.end()) {
      members.emplace_back(name, value.Text());
    } else {
      same->second = value.Text();
    }
    return true;
  });
  JsonObject out;
  for (const auto& [name, value] : members) {
    if (std::ranges::find(remove, name) == remove.end()) {
      out.AddRaw(name, value);
    }
  }
  return out.Text();
}

}  // namespace

TestIssuer::TestIssuer(const base::Clock& clock, Options options)
    : clock_(clock), options_(std::move(options)) {
  std::optional<std::string> kid = options_.kid;
  for (jose::Alg alg : options_.algs) {
    Add(alg, std::exchange(kid, std::nullopt), true);
  }
  if (keys_.empty()) Misused("no algorithm, so no key");
}

std::string TestIssuer::Jwks() const {
  const base::MutexLock lock(mutex_);
  std::string keys;
  for (const IssuerKey& key : keys_) {
    if (!key.published) continue;
    if (!keys.empty()) keys += ',';
    keys += key.jwk;
  }
  return StrCat(R"({"keys":[)", keys, "]}");
}

std::string TestIssuer::Discovery() const {
  std::vector<std::string> algs;
  {
    const base::MutexLock lock(mutex_);
    for (const IssuerKey& key : keys_) {
      algs.emplace_back(jose::InfoOf(key.key.alg()).name);
    }
  }
  const std::vector<std::string> response_types = {"code"};
  const std::vector<std::string> subject_types = {"public"};
  return JsonObject()
      .Add("issuer", options_.issuer)
      .Add("jwks_uri", jwks_uri())
      .Add("introspection_endpoint", introspection_uri())
      .Add("authorization_endpoint", options_.issuer + "/authorize")
      .Add("response_types_supported", response_types)
      .Add("subject_types_supported", subject_types)
      .Add("id_token_signing_alg_values_supported", algs)
      .Text();
}

std::string TestIssuer::Mint(const TokenOptions& options) {
  auto token = TryMint(options);
  if (!token.ok()) Misused(base::Std(token.status().message()));
  return *std::move(token);
}

absl::StatusOr<std::string> TestIssuer::TryMint(const TokenOptions& options) {
  std::optional<jose::SigningKey> key;
  std::string kid;
  {
    const base::MutexLock lock(mutex_);
    const IssuerKey* found = Find(options.kid, options.alg);
    if (found == nullptr) {
      return absl::InvalidArgumentError("no such key, or none for that alg");
    }
    key = found->key;
    kid = found->kid;
  }
  USHER_TRY(const std::string header,
            Merge({{"alg", Quoted(jose::InfoOf(key->alg()).name)},
                   {"kid", Quoted(kid)},
                   {"typ", Quoted(options.typ.value_or("at+jwt"))}},
                  options.header, options.remove_header));
  USHER_TRY(const std::string claims, ClaimsOf(options));
  return key->SignCompact(header, claims);
}

absl::StatusOr<std::string> TestIssuer::ClaimsOf(const TokenOptions& options) {
  int number = 0;
  {
    const base::MutexLock lock(mutex_);
    number = ++tokens_made_;
  }
  const int64_t now = absl::ToUnixSeconds(clock_.Now());
  return Merge({{"iss", Quoted(options_.issuer)},
                {"sub", Quoted("alice")},
                {"aud", Quoted(options_.audience)},
                {"client_id", Quoted("test-client")},
                {"iat", std::to_string(now)},
                {"exp", std::to_string(now + 300)},
                {"jti", Quoted(StrCat("token-", number))}},
               options.claims, options.remove);
}

std::string TestIssuer::MintOpaque(const TokenOptions& options,
                                   std::string_view prefix) {
  auto token = TryMintOpaque(options, prefix);
  if (!token.ok()) Misused(base::Std(token.status().message()));
  return *std::move(token);
}

absl::StatusOr<std::string> TestIssuer::TryMintOpaque(
    const TokenOptions& options, std::string_view prefix) {
  USHER_TRY(std::string claims, ClaimsOf(options));
  std::string token =
      StrCat(prefix, json::EncodeBase64Url(jose::RandomBytes(32)));
  const base::MutexLock lock(mutex_);
  opaque_[token] = std::move(claims);
  return token;
}

void TestIssuer::Revoke(std::string_view token) {
  const base::MutexLock lock(mutex_);
  revoked_.emplace(token);
}

std::string TestIssuer::Introspect(std::string_view token) const {
  constexpr char kInactive[] = R"({"active":false})";
  const auto claims = ClaimsIn(token);
  if (!claims) return kInactive;
  json::Reader reader;
  const auto root = reader.Parse(*claims);
  const auto exp = root->Find("exp");
  if (exp && exp->Number() &&
      *exp->Number() <= double(absl::ToUnixSeconds(clock_.Now()))) {
    return kInactive;
  }
  return StrCat(R"({"active":true,"token_type":"Bearer",)", claims->substr(1));
}

std::optional<std::string> TestIssuer::ClaimsIn(std::string_view token) const {
  const base::MutexLock lock(mutex_);
  if (revoked_.contains(token)) return std::nullopt;
  if (const auto opaque = opaque_.find(token); opaque != opaque_.end()) {
    return opaque->second;
  }
  auto jws = jose::Jws::Parse(token, jose::JwsScratch::ThisThread());
  if (!jws) return std::nullopt;
  for (const IssuerKey& key : keys_) {
    const auto keys =
        jose::KeySet::FromJwks(StrCat("{\"keys\":[", key.jwk, "]}"));
    if (!keys.ok()) continue;
    const auto payload = jws->Verify(keys->keys().front(), jws->algs());
    if (payload) return std::string(payload->text());
  }
  return std::nullopt;
}

std::string TestIssuer::MintRaw(std::string_view header,
                                std::string_view payload,
                                std::optional<std::string_view> kid) const {
  return SigningKeyOf(kid).SignCompact(header, payload);
}

std::string TestIssuer::AddKey(jose::Alg alg, std::optional<std::string> kid,
                               bool published) {
  return Add(alg, std::move(kid), published);
}

// Generating an RSA key takes long, so it is done without the lock.
std::string TestIssuer::Add(jose::Alg alg, std::optional<std::string> kid,
                            bool published) {
  auto key = jose::SigningKey::Generate(alg);
  if (!key.ok()) Misused(base::Std(key.status().message()));
  const base::MutexLock lock(mutex_);
  ++keys_made_;
  std::string name = kid ? *std::move(kid) : StrCat("key-", keys_made_);
  std::erase_if(keys_, [&](const IssuerKey& old) { return old.kid == name; });
  std::string jwk = key->PublicJwk(name);
  keys_.push_back({name, *std::move(key), published, std::move(jwk)});
  return name;
}

bool TestIssuer::RemoveKey(std::string_view kid) {
  const base::MutexLock lock(mutex_);
  if (keys_.size() < 2) return false;
  return std::erase_if(
             keys_, [&](const IssuerKey& key) { return key.kid == kid; }) > 0;
}

std::string TestIssuer::Rotate(const Rotation& rotation) {
  const jose::Alg alg =
      rotation.alg ? *rotation.alg : SigningKeyOf(std::nullopt).alg();
  std::string kid = Add(alg, std::nullopt, rotation.publish);
  if (rotation.keep_old) return kid;
  const base::MutexLock lock(mutex_);
  std::erase_if(keys_, [&](const IssuerKey& key) { return key.kid != kid; });
  return kid;
}

void TestIssuer::PublishAll() {
  const base::MutexLock lock(mutex_);
  for (IssuerKey& key : keys_) key.published = true;
}

std::vector<std::string> TestIssuer::kids() const {
  const base::MutexLock lock(mutex_);
  std::vector<std::string> out;
  for (const IssuerKey& key : keys_) out.push_back(key.kid);
  return out;
}

jose::SigningKey TestIssuer::SigningKeyOf(
    std::optional<std::string_view> kid) const {
  const base::MutexLock lock(mutex_);
  const IssuerKey* found =
      Find(kid ? std::optional(std::string(*kid)) : std::nullopt, std::nullopt);
  if (found == nullptr) Misused("no such key");
  return found->key;
}

const TestIssuer::IssuerKey* TestIssuer::Find(
    const std::optional<std::string>& kid, std::optional<jose::Alg> alg) const {
  for (auto key = keys_.rbegin(); key != keys_.rend(); ++key) {
    if (kid && key->kid != *kid) continue;
    if (alg && key->key.alg() != *alg) continue;
    return &*key;
  }
  return nullptr;
}

}  // namespace usher::testing
