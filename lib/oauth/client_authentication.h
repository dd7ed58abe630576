// How a client proves to an authorization server who it is: at its
// introspection, token and revocation endpoints.
//
//   auto client = ClientAuthentication::WithSecret(
//       ClientAuthMethod::kBasic, "usher", std::move(secret));
//   Form form;
//   form.Add("token", token);
//   http::Request request = client->Post(endpoint, form, now);
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/http/client.h"
#include "lib/jose/sign.h"
#include "lib/oauth/form.h"
#include "usher/secret.h"

namespace usher::oauth {

// OpenID Connect Core section 9, RFC 8705 section 2.
enum class ClientAuthMethod {
  kNone,           // a public client: only its client_id
  kBasic,          // client_secret_basic: HTTP Basic (RFC 6749 section 2.3.1)
  kPost,           // client_secret_post: the secret is a field of the form
  kPrivateKeyJwt,  // private_key_jwt: a signed assertion (RFC 7523)
  kMutualTls,      // tls_client_auth: the certificate of the connection
};

// One row of the table of methods.
struct ClientAuthMethodInfo {
  ClientAuthMethod method;
  std::string_view name;  // in our configuration: "basic"
  std::string_view
      metadata_name;  // in provider metadata: "client_secret_basic"
};
std::span<const ClientAuthMethodInfo> ClientAuthMethods();
const ClientAuthMethodInfo& InfoOf(ClientAuthMethod method);

// One client's identity at one authorization server, and its proof. Immutable,
// cheap enough to make again when a secret file changes. Thread-safe.
class ClientAuthentication {
 public:
  // The key of private_key_jwt.
  struct AssertionKey {
    jose::SigningKey key;
    std::optional<std::string> key_id;  // the kid header; absent: none
    // The assertion's aud: the issuer identifier of the authorization server.
    std::string audience;
  };

  // kNone.
  static ClientAuthentication Public(std::string client_id);
  // kBasic or kPost. `secret` must not be empty.
  static absl::StatusOr<ClientAuthentication> WithSecret(
      ClientAuthMethod method, std::string client_id, Secret secret);
  // kPrivateKeyJwt.
  static ClientAuthentication WithKey(std::string client_id, AssertionKey key);
  // kMutualTls. `certificate` is not null.
  static ClientAuthentication WithCertificate(
      std::string client_id,
      std::shared_ptr<const http::ClientCertificate> certificate);

  ClientAuthMethod method() const { return method_; }
  const std::string& client_id() const { return client_id_; }

  // A POST of `form` to `url`, with the proof added to its credentials or its
  // body.
  // An assertion is valid for one minute from `now` and for one use (its jti is
  // random), so make a new request for each attempt. The request holds the
  // secret: do not log it.
  http::Request Post(std::string url, Form form, absl::Time now) const;

 private:
  using Proof = std::variant<std::monostate, Secret, AssertionKey,
                             std::shared_ptr<const http::ClientCertificate>>;
  ClientAuthentication(ClientAuthMethod method, std::string client_id,
                       Proof proof);

  std::string Assertion(const AssertionKey& key, absl::Time now) const;

  ClientAuthMethod method_;
  std::string client_id_;
  Proof proof_;
};

}  // namespace usher::oauth
