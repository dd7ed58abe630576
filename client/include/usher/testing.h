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
// on a token is the test's.
//
// A test that calls a handler directly, without a server, gives its context a
// caller:
//
//   grpc::ServerContext context;
//   usher::testing::ScopedCaller caller(context, {.subject = "alice"});
//   service.Hello(&context, &request, &reply);  // FindCaller() finds alice
//
// Not for production: link usher::testing to tests alone.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "usher/token_verifier.h"
#include "usher/verify_result.h"

namespace grpc {
class ServerContextBase;
}  // namespace grpc

namespace usher::testing {

// A caller of the test's own invention. The claims of its token agree with
// these fields: iss, sub, aud, scope, client_id, iat and exp are made from
// them.
//
// A FakeCaller that contradicts itself is a mistake in the test. It ends the
// program, with a message.
struct FakeCaller {
  std::optional<std::string> subject = {};
  std::vector<std::string> scopes = {};
  // Empty: the token is meant for every audience that a guard asks for.
  std::vector<std::string> audiences = {};
  std::string issuer = "https://issuer.test";
  std::string issuer_name = "test";
  std::optional<std::string> client_id = {};
  // A JSON object with further claims: R"({"tenant":"acme"})". Must not name a
  // claim that is made from a field. VerifiedToken has jti, sid, nbf and cnf
  // from here, and azp, appid or cid if there is no `client_id`.
  std::string extra_claims_json = "{}";
  // Counted from each verification.
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

// While this object lives, FindCaller() finds `caller` for `context`, which
// belongs to no call: the test calls the handler itself, in sync or callback
// style (for that see gRPC's grpcpp/test/default_reactor_test_peer.h). One for
// each context, which must outlive this object. Thread-safe with others.
//
// Nothing is checked: no policy, no audience, no expiry. There is no token
// either, so a call after ForwardCaller() fails.
class ScopedCaller {
 public:
  ScopedCaller(grpc::ServerContextBase& context, const FakeCaller& caller);
  ~ScopedCaller();
  ScopedCaller(const ScopedCaller&) = delete;
  ScopedCaller& operator=(const ScopedCaller&) = delete;

 private:
  const grpc::ServerContextBase& context_;
};

}  // namespace usher::testing
