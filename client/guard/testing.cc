#include "usher/testing.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/time/clock.h"
#include "lib/base/mutex.h"
#include "lib/base/strings.h"
#include "usher/internal/token_mint.h"

namespace usher::testing {
namespace {

constexpr std::string_view kBearer = "Bearer ";

using Audiences = std::vector<std::string>;
using Verdict = std::function<VerifyResult(const Audiences&)>;

Verdict Deny(Reason reason, std::string message) {
  return [reason, message = std::move(message)](const Audiences&) {
    return Denial{.reason = reason, .message = message};
  };
}

bool Intersect(const Audiences& a, const Audiences& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& audience) {
    return std::count(b.begin(), b.end(), audience) != 0;
  });
}

VerifyResult Evaluate(const FakeCaller& caller, const Audiences& audiences) {
  if (!caller.audiences.empty() && !Intersect(caller.audiences, audiences)) {
    return Denial{.reason = Reason::kAudienceMismatch,
                  .message = "the token is meant for others"};
  }
  if (caller.expires_in <= absl::ZeroDuration()) {
    return Denial{.reason = Reason::kTokenExpired, .message = "expired"};
  }
  internal::TokenMint::Fields fields;
  fields.issuer = caller.issuer;
  fields.issuer_name = caller.issuer_name;
  fields.subject = caller.subject;
  fields.client_id = caller.client_id;
  fields.audiences = caller.audiences.empty() ? audiences : caller.audiences;
  fields.scopes = caller.scopes;
  fields.expires_at = absl::Now() + caller.expires_in;
  fields.claims_json = caller.claims_json;
  // Not cached, so that Revoke() takes effect at once.
  fields.cache_for = absl::ZeroDuration();
  fields.evaluated_at = absl::Now();
  return internal::TokenMint::Make(std::move(fields));
}

}  // namespace

struct FakeVerifier::Impl {
  std::string Add(Verdict verdict) {
    base::MutexLock lock(mutex);
    std::string token = base::StrCat("fake-", ++count);
    verdicts[token] = std::move(verdict);
    return base::StrCat(kBearer, token);
  }

  base::Mutex mutex;
  int count ABSL_GUARDED_BY(mutex) = 0;
  std::map<std::string, Verdict, std::less<>> verdicts ABSL_GUARDED_BY(mutex);
};

FakeVerifier::FakeVerifier() : impl_(std::make_unique<Impl>()) {}
FakeVerifier::~FakeVerifier() = default;

void FakeVerifier::Verify(const VerifyRequest& request, VerifyCallback done) {
  Verdict verdict =
      Deny(Reason::kSignatureInvalid, "the test has not made this token");
  {
    base::MutexLock lock(impl_->mutex);
    const auto found = impl_->verdicts.find(request.token);
    if (found != impl_->verdicts.end()) verdict = found->second;
  }
  done(verdict(request.audiences));
}

std::string FakeVerifier::Bearer(FakeCaller caller) {
  return impl_->Add([caller = std::move(caller)](const Audiences& audiences) {
    return Evaluate(caller, audiences);
  });
}

std::string FakeVerifier::BearerDenied(Reason reason) {
  return impl_->Add(Deny(reason, "the test denies this token"));
}

std::string FakeVerifier::BearerUndecided() {
  return impl_->Add([](const Audiences&) {
    return Undecided{.cause = Undecided::Cause::kUnreachable};
  });
}

void FakeVerifier::Revoke(std::string_view bearer) {
  if (bearer.starts_with(kBearer)) bearer.remove_prefix(kBearer.size());
  base::MutexLock lock(impl_->mutex);
  const auto found = impl_->verdicts.find(bearer);
  if (found == impl_->verdicts.end()) return;
  found->second = Deny(Reason::kTokenRevoked, "revoked");
}

}  // namespace usher::testing
