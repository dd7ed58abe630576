// A usherd that answers what the test says, when the test says.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "usher/internal/token_mint.h"
#include "usher/token_verifier.h"

namespace usher::testing {

// Thread-safe.
class ScriptedVerifier final : public TokenVerifier {
 public:
  struct Asked {
    std::string token;
    std::vector<std::string> audiences;
    TokenKind kind;
    std::string traceparent, request_id;
    std::function<void(VerifyResult)> done;
  };

  void Verify(const VerifyRequest& question, VerifyCallback done) override {
    std::lock_guard lock(mutex_);
    ++count_;
    waiting_.push_back(
        {std::string(question.token), question.audiences, question.kind,
         std::string(question.trace.traceparent),
         std::string(question.trace.request_id),
         [shared = std::make_shared<VerifyCallback>(std::move(done))](
             VerifyResult result) { (*shared)(std::move(result)); }});
  }

  // What waits for an answer, taken out.
  std::vector<Asked> Take() {
    std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }

  // Answers everything that waits with what `script` makes of it.
  size_t Answer(
      const std::function<usher::VerifyResult(const Asked&)>& script) {
    const std::vector<Asked> asked = Take();
    for (const Asked& one : asked) one.done(script(one));
    return asked.size();
  }

  size_t count() const {
    std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  mutable std::mutex mutex_;
  size_t count_ = 0;
  std::vector<Asked> waiting_;
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
