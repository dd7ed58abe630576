// For the tests of services that verify tokens: a verifier that accepts tokens
// of the test's own invention, so that a test needs no usherd, provider or key.
//
//   auto verifier = std::make_shared<usher::testing::FakeVerifier>();
//   auto guard = usher::Guard::Create({.verifier = verifier,
//                                      .audiences = {"orders"},
//                                      .policy = MyPolicy()});
//   ... a server with the guard, as in production ...
//   context.AddMetadata("authorization",
//                       verifier->Bearer({.subject = "alice",
//                                         .scopes = {"orders.read"}}));
//
// The gate, the policy and the interceptor are the real ones. Only the verdict
// on a token is the test's. Not for production: link usher::testing to tests
// alone.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "usher/token_verifier.h"
#include "usher/verify_result.h"

namespace usher::testing {

struct FakeCaller {
  std::optional<std::string> subject = {};
  std::vector<std::string> scopes = {};
  // Empty: the token is meant for every audience that is asked for.
  std::vector<std::string> audiences = {};
  std::string issuer = "https://issuer.test";
  std::string issuer_name = "test";
  std::optional<std::string> client_id = {};
  std::string claims_json = "{}";
  // From now.
  absl::Duration expires_in = absl::Hours(1);
};

// Thread-safe. Verify() runs `done` inside the call. Tokens it has not made are
// denied: SIGNATURE_INVALID.
class FakeVerifier final : public TokenVerifier {
 public:
  FakeVerifier();
  ~FakeVerifier() override;

  void Verify(const VerifyRequest& request, VerifyCallback done) override;

  // The `authorization` value of `caller`: "Bearer fake-1".
  std::string Bearer(FakeCaller caller);
  // An `authorization` value whose token is denied for `reason`.
  std::string BearerDenied(Reason reason);
  // An `authorization` value whose token cannot be verified now.
  std::string BearerUndecided();

  // Denies the token of `bearer`, which Bearer() returned, from the next call
  // on: TOKEN_REVOKED.
  void Revoke(std::string_view bearer);

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace usher::testing
