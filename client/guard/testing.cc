#include "usher/testing.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "client/guard/grpc/caller_slot.h"
#include "lib/base/json_writer.h"
#include "lib/base/mutex.h"
#include "lib/base/text/strings.h"
#include "usher/caller.h"
#include "usher/claims.h"
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

[[noreturn]] void Fail(std::string_view what) {
  std::fprintf(stderr, "usher::testing: %.*s\n", static_cast<int>(what.size()),
               what.data());
  std::abort();
}

// The claims that are made from a field of FakeCaller.
struct FieldClaim {
  std::string_view name;
  std::string_view field;
};
constexpr auto kFieldClaims = std::to_array<FieldClaim>({
    {"iss", "issuer"},
    {"sub", "subject"},
    {"aud", "audiences"},
    {"scope", "scopes"},
    {"scp", "scopes"},
    {"client_id", "client_id"},
    {"iat", "expires_in"},
    {"exp", "expires_in"},
});

void CheckExtraClaims(const FakeCaller& caller) {
  const Claims extra(caller.extra_claims_json);
  for (const FieldClaim& claim : kFieldClaims) {
    if (!extra.TypeOf(claim.name)) continue;
    Fail(base::StrCat("FakeCaller::extra_claims_json names ", claim.name,
                      ": set FakeCaller::", claim.field, " instead"));
  }
}

// `members` and `extra`, the text of two JSON objects, as one object.
std::string Merge(std::string members, std::string_view extra) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = extra.find_first_not_of(kSpace);
  const size_t last = extra.find_last_not_of(kSpace);
  if (first == extra.npos || extra[first] != '{' || extra[last] != '}') {
    return "";
  }
  extra = extra.substr(first + 1, last - first - 1);
  if (extra.find_first_not_of(kSpace) == extra.npos) return members;
  members.back() = ',';
  return base::StrCat(members, extra, "}");
}

// A whole number of seconds if it is one, as issuers write it; else with
// milliseconds.
void AddTime(base::JsonObject& claims, std::string_view name, absl::Time time) {
  const int64_t millis = absl::ToUnixMillis(time);
  std::string text = std::to_string(millis / 1000);
  if (millis % 1000 != 0) {
    text += "." + std::to_string(1000 + millis % 1000).substr(1);
  }
  claims.AddRaw(name, text);
}

std::string ClaimsOf(const internal::TokenMint::Fields& fields,
                     const FakeCaller& caller) {
  base::JsonObject claims;
  claims.Add("iss", fields.issuer);
  if (fields.subject) claims.Add("sub", *fields.subject);
  if (fields.audiences.size() == 1) {
    claims.Add("aud", fields.audiences.front());
  } else if (!fields.audiences.empty()) {
    claims.Add("aud", fields.audiences);
  }
  if (!fields.scopes.empty()) {
    claims.Add("scope", absl::StrJoin(fields.scopes, " "));
  }
  if (caller.client_id) claims.Add("client_id", *caller.client_id);
  AddTime(claims, "iat", *fields.issued_at);
  AddTime(claims, "exp", *fields.expires_at);
  std::string json = Merge(claims.Text(), caller.extra_claims_json);
  if (!Claims(json).TypeOf("iss")) {
    Fail(
        "FakeCaller::extra_claims_json is no JSON object, or names a claim "
        "twice");
  }
  return json;
}

// The fields that usherd reads from claims that FakeCaller has no field for.
void SetExtraFields(const Claims& claims, internal::TokenMint::Fields& fields) {
  for (const char* name : {"azp", "appid", "cid"}) {
    if (!fields.client_id) fields.client_id = claims.FindString(name);
  }
  fields.token_id = claims.FindString("jti");
  fields.session_id = claims.FindString("sid");
  fields.confirmation_json = claims.FindJson("cnf");
  if (const auto not_before = claims.FindNumber("nbf")) {
    fields.not_before = absl::UnixEpoch() + absl::Seconds(*not_before);
  }
}

VerifiedToken TokenOf(const FakeCaller& caller, const Audiences& audiences) {
  internal::TokenMint::Fields fields;
  fields.issuer = caller.issuer;
  fields.issuer_name = caller.issuer_name;
  fields.subject = caller.subject;
  fields.client_id = caller.client_id;
  fields.audiences = audiences;
  fields.scopes = caller.scopes;
  fields.algorithm = "none";
  const absl::Time now = absl::Now();
  const absl::Time second = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
  const bool is_whole =
      absl::Trunc(caller.expires_in, absl::Seconds(1)) == caller.expires_in;
  const absl::Time expiry = (is_whole ? second : now) + caller.expires_in;
  fields.issued_at = second;
  // The precision of the exp claim.
  fields.expires_at = absl::FromUnixMillis(absl::ToUnixMillis(expiry));
  fields.evaluated_at = now;
  // Not cached, so that Revoke() takes effect at once.
  fields.cache_for = absl::ZeroDuration();
  fields.claims_json = ClaimsOf(fields, caller);
  SetExtraFields(Claims(fields.claims_json), fields);
  return internal::TokenMint::Make(std::move(fields));
}

VerifyResult Evaluate(const FakeCaller& caller, const Audiences& audiences) {
  if (!caller.audiences.empty() && !Intersect(caller.audiences, audiences)) {
    return Denial{.reason = Reason::kAudienceMismatch,
                  .message = "the token is meant for others"};
  }
  if (caller.expires_in <= absl::ZeroDuration()) {
    return Denial{.reason = Reason::kTokenExpired, .message = "expired"};
  }
  return TokenOf(caller,
                 caller.audiences.empty() ? audiences : caller.audiences);
}

// The slots of the contexts that have a ScopedCaller.
struct ScopedSlots {
  base::Mutex mutex;
  std::map<const grpc::ServerContextBase*, guard::CallerSlot> by_context
      ABSL_GUARDED_BY(mutex);
};

ScopedSlots& TheSlots() {
  static ScopedSlots& slots = *new ScopedSlots;
  return slots;
}

const guard::CallerSlot* FindScopedSlot(
    const grpc::ServerContextBase& context) {
  ScopedSlots& slots = TheSlots();
  base::MutexLock lock(slots.mutex);
  const auto found = slots.by_context.find(&context);
  return found == slots.by_context.end() ? nullptr : &found->second;
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
  CheckExtraClaims(caller);
  (void)TokenOf(caller, caller.audiences);  // reports an unreadable object now
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

ScopedCaller::ScopedCaller(grpc::ServerContextBase& context,
                           const FakeCaller& caller)
    : context_(context) {
  CheckExtraClaims(caller);
  auto found =
      std::make_shared<const Caller>(TokenOf(caller, caller.audiences));
  guard::CallerSlot::SetTestLookup(FindScopedSlot);
  ScopedSlots& slots = TheSlots();
  base::MutexLock lock(slots.mutex);
  const auto [slot, is_new] = slots.by_context.try_emplace(&context);
  if (!is_new) Fail("the context has a ScopedCaller already");
  slot->second.Admit(std::move(found));
}

ScopedCaller::~ScopedCaller() {
  ScopedSlots& slots = TheSlots();
  base::MutexLock lock(slots.mutex);
  slots.by_context.erase(&context_);
}

}  // namespace usher::testing
