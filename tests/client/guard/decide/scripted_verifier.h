// A verifier whose results, and their time, the test chooses.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "lib/base/mutex.h"
#include "usher/internal/token_mint.h"
#include "usher/token_verifier.h"

namespace usher::testing {

// Thread-safe.
class ScriptedVerifier final : public TokenVerifier {
 public:
  struct Pending {
    std::string token;
    std::vector<std::string> audiences;
    TokenKind kind;
    std::string traceparent, request_id;
    std::optional<absl::Time> deadline;
    VerifyCallback done;
  };

  void Verify(const VerifyRequest& request, VerifyCallback done) override {
    base::MutexLock lock(mutex_);
    ++count_;
    pending_.push_back({std::string(request.token), request.audiences,
                        request.kind, std::string(request.trace.traceparent),
                        std::string(request.trace.request_id), request.deadline,
                        std::move(done)});
  }

  // Removes and returns the requests without a result.
  std::vector<Pending> Take() {
    base::MutexLock lock(mutex_);
    return std::exchange(pending_, {});
  }

  // Completes every request without a result. Returns how many there were.
  template <typename MakeResult>
  size_t Complete(const MakeResult& make_result) {
    std::vector<Pending> pending = Take();
    for (Pending& request : pending) {
      request.done(VerifyResult(make_result(std::as_const(request))));
    }
    return pending.size();
  }

  // How many requests came.
  size_t count() const {
    base::MutexLock lock(mutex_);
    return count_;
  }

 private:
  mutable base::Mutex mutex_;
  size_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Pending> pending_ ABSL_GUARDED_BY(mutex_);
};

inline internal::TokenMint::Fields FieldsOf(std::string subject,
                                            absl::Time expires_at) {
  internal::TokenMint::Fields fields;
  fields.issuer = "https://login.example.com";
  fields.issuer_name = "corp";
  fields.subject = std::move(subject);
  fields.audiences = {"orders"};
  fields.scopes = {"orders.read"};
  fields.algorithm = "ES256";
  fields.expires_at = expires_at;
  fields.cache_for = absl::Seconds(30);
  return fields;
}

}  // namespace usher::testing
