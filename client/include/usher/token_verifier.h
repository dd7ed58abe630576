// The interface of everything that can verify a token: usher::Client (asks
// usherd), usher::LocalVerifier (verifies in this process), the fake of
// usher::testing, and yours. GuardOptions::verifier accepts any of them.
#pragma once

#include "absl/functional/any_invocable.h"
#include "usher/verify_request.h"
#include "usher/verify_result.h"

namespace usher {

class TokenVerifier {
 public:
  using VerifyCallback = absl::AnyInvocable<void(VerifyResult)>;

  virtual ~TokenVerifier() = default;

  // Thread-safe. Never blocks. Calls `done` exactly once: inside this call, or
  // later on a thread of the implementation. `done` must be short, must not
  // block and must not throw. An implementation copies what it needs of
  // `request` before it returns.
  virtual void Verify(const VerifyRequest& request, VerifyCallback done) = 0;
};

}  // namespace usher
