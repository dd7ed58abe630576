// For the tests of guarded services: callers of the test's own invention, so
// that no usherd, provider or key is needed.
//
//   usher::testing::FakeCallers callers;
//   auto guard = callers.MakeGuard({.audiences = {"orders"},
//                                   .policy = MyPolicy()});
//   ... a server with the guard, as in production ...
//   context.AddMetadata("authorization",
//                       callers.Bearer({.subject = "alice",
//                                       .scopes = {"orders.read"}}));
//
// The gate, the policy and the interceptor are the real ones; only the verdict
// on a token is the test's. Not for production: link usher::testing to tests
// alone.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "usher/guard.h"
#include "usher/verify_result.h"

namespace usher::testing {

struct FakeCaller {
  std::optional<std::string> subject = {};
  std::vector<std::string> scopes = {};
  // None: the token is meant for whoever asks.
  std::vector<std::string> audiences = {};
  std::string issuer = "https://issuer.test";
  std::string issuer_name = "test";
  std::optional<std::string> client_id = {};
  std::string claims_json = "{}";
  // From now.
  absl::Duration expires_in = absl::Hours(1);
};

// Thread-safe. Guards made by it may outlive it.
class FakeCallers {
 public:
  FakeCallers();
  ~FakeCallers();

  // A guard that knows these callers and no others. What `options` say of
  // usherd (service, tls, deadline ...) is of no account.
  absl::StatusOr<std::unique_ptr<Guard>> MakeGuard(GuardOptions options);

  // What `caller` sends as authorization: "Bearer invented-1".
  std::string Bearer(FakeCaller caller);
  // The authorization of somebody whose token is refused for `reason`.
  std::string BearerRefused(Reason reason);
  // The authorization of somebody whom usherd cannot judge just now.
  std::string BearerUndecided();

  // From the next call on, what Bearer() returned is worth nothing: the token
  // was revoked.
  void Revoke(std::string_view bearer);

 private:
  struct Book;
  class Asker;
  const std::shared_ptr<Book> book_;
};

}  // namespace usher::testing
