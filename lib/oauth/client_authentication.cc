#include "lib/oauth/client_authentication.h"

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "lib/base/json_writer.h"
#include "lib/base/text/strings.h"
#include "lib/jose/digest.h"
#include "lib/json/base64url.h"

namespace usher::oauth {
namespace {

constexpr absl::Duration kAssertionLife = absl::Minutes(1);
constexpr std::string_view kAssertionType =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

constexpr auto kMethods = std::to_array<ClientAuthMethodInfo>({
    {ClientAuthMethod::kNone, "none", "none"},
    {ClientAuthMethod::kBasic, "basic", "client_secret_basic"},
    {ClientAuthMethod::kPost, "post", "client_secret_post"},
    {ClientAuthMethod::kPrivateKeyJwt, "private_key_jwt", "private_key_jwt"},
    {ClientAuthMethod::kMutualTls, "mtls", "tls_client_auth"},
});
static_assert(kMethods.size() ==
              static_cast<size_t>(ClientAuthMethod::kMutualTls) + 1);

}  // namespace

std::span<const ClientAuthMethodInfo> ClientAuthMethods() { return kMethods; }

const ClientAuthMethodInfo& InfoOf(ClientAuthMethod method) {
  return kMethods[static_cast<size_t>(method)];
}

ClientAuthentication::ClientAuthentication(ClientAuthMethod method,
                                           std::string client_id, Proof proof)
    : method_(method),
      client_id_(std::move(client_id)),
      proof_(std::move(proof)) {}

ClientAuthentication ClientAuthentication::Public(std::string client_id) {
  return {ClientAuthMethod::kNone, std::move(client_id), {}};
}

absl::StatusOr<ClientAuthentication> ClientAuthentication::WithSecret(
    ClientAuthMethod method, std::string client_id, Secret secret) {
  if (method != ClientAuthMethod::kBasic && method != ClientAuthMethod::kPost) {
    return absl::InvalidArgumentError("this method uses no client secret");
  }
  if (secret.empty()) {
    return absl::InvalidArgumentError("the client secret is empty");
  }
  return ClientAuthentication(method, std::move(client_id), std::move(secret));
}

ClientAuthentication ClientAuthentication::WithKey(std::string client_id,
                                                   AssertionKey key) {
  return {ClientAuthMethod::kPrivateKeyJwt, std::move(client_id),
          std::move(key)};
}

ClientAuthentication ClientAuthentication::WithCertificate(
    std::string client_id,
    std::shared_ptr<const http::ClientCertificate> certificate) {
  return {ClientAuthMethod::kMutualTls, std::move(client_id),
          std::move(certificate)};
}

http::Request ClientAuthentication::Post(std::string url, Form form,
                                         absl::Time now) const {
  http::Request request;
  request.url = std::move(url);
  request.headers = {{"content-type", std::string(kFormContentType)},
                     {"accept", "application/json"}};
  const Secret* secret = std::get_if<Secret>(&proof_);
  if (method_ == ClientAuthMethod::kBasic) {
    // RFC 6749 section 2.3.1: both parts are form-encoded before Base64.
    const std::string pair =
        base::StrCat(FormEncode(client_id_), ":", FormEncode(secret->Reveal()));
    request.credentials.authorization = std::make_shared<const Secret>(
        base::StrCat("Basic ", absl::Base64Escape(pair)));
  } else {
    form.Add("client_id", client_id_);
  }
  if (method_ == ClientAuthMethod::kPost) {
    form.Add("client_secret", secret->Reveal());
  }
  if (const auto* key = std::get_if<AssertionKey>(&proof_)) {
    form.Add("client_assertion_type", kAssertionType);
    form.Add("client_assertion", Assertion(*key, now));
  }
  using Certificate = std::shared_ptr<const http::ClientCertificate>;
  if (const auto* certificate = std::get_if<Certificate>(&proof_)) {
    request.credentials.certificate = *certificate;
  }
  request.body = form.text();
  return request;
}

// RFC 7523 section 3.
std::string ClientAuthentication::Assertion(const AssertionKey& key,
                                            absl::Time now) const {
  base::JsonObject header;
  header.Add("alg", jose::InfoOf(key.key.alg()).name).Add("typ", "JWT");
  if (key.key_id) header.Add("kid", *key.key_id);
  const std::string claims =
      base::JsonObject()
          .Add("iss", client_id_)
          .Add("sub", client_id_)
          .Add("aud", key.audience)
          .Add("jti", json::EncodeBase64Url(jose::RandomBytes(16)))
          .Add("iat", absl::ToUnixSeconds(now))
          .Add("exp", absl::ToUnixSeconds(now + kAssertionLife))
          .Text();
  return key.key.SignCompact(header.Text(), claims);
}

}  // namespace usher::oauth
