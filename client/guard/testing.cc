#include "usher/testing.h"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "absl/time/clock.h"
#include "client/guard/maker.h"
#include "lib/base/strings.h"
#include "usher/internal/token_mint.h"

namespace usher::testing {
namespace {

constexpr std::string_view kBearer = "Bearer ";

// `caller`, as the one who asks for `audiences` sees him.
Answer Judge(const FakeCaller& caller,
             const std::vector<std::string>& audiences) {
  const auto wanted = [&](const std::string& audience) {
    return std::count(audiences.begin(), audiences.end(), audience) != 0;
  };
  if (!caller.audiences.empty() &&
      std::none_of(caller.audiences.begin(), caller.audiences.end(), wanted)) {
    return Denied{.reason = Reason::kAudienceMismatch,
                  .message = "the token is meant for others"};
  }
  if (caller.expires_in <= absl::ZeroDuration()) {
    return Denied{.reason = Reason::kTokenExpired, .message = "expired"};
  }
  internal::TokenMint::Fields fields;
  fields.issuer = caller.issuer;
  fields.issuer_name = caller.issuer_name;
  fields.subject = caller.subject;
  fields.client_id = caller.client_id;
  fields.audiences = caller.audiences.empty() ? audiences : caller.audiences;
  fields.scopes = caller.scopes;
  fields.algorithm = "none";
  fields.expires_at = absl::Now() + caller.expires_in;
  fields.claims_json = caller.claims_json;
  // Not kept, so that Revoke() tells at once.
  fields.cache_for = absl::ZeroDuration();
  fields.evaluated_at = absl::Now();
  return internal::TokenMint::Make(std::move(fields));
}

}  // namespace

struct FakeCallers::Book {
  using Verdict = std::function<Answer(const std::vector<std::string>&)>;

  std::string Enter(Verdict verdict) {
    std::lock_guard lock(mutex);
    std::string token = base::StrCat("invented-", ++count);
    verdicts[token] = std::move(verdict);
    return base::StrCat(kBearer, token);
  }
  Answer Look(const VerifyQuestion& question) {
    std::lock_guard lock(mutex);
    const auto found = verdicts.find(question.token);
    if (found != verdicts.end()) return found->second(question.audiences);
    return Denied{.reason = Reason::kSignatureInvalid,
                  .message = "no test has invented this token"};
  }

  std::mutex mutex;
  int count = 0;
  std::map<std::string, Verdict, std::less<>> verdicts;
};

class FakeCallers::Asker final : public guard::TokenAsker {
 public:
  explicit Asker(std::shared_ptr<Book> book) : book_(std::move(book)) {}
  void Ask(const VerifyQuestion& question,
           std::function<void(Answer)> done) override {
    done(book_->Look(question));
  }

 private:
  const std::shared_ptr<Book> book_;
};

FakeCallers::FakeCallers() : book_(std::make_shared<Book>()) {}
FakeCallers::~FakeCallers() = default;

absl::StatusOr<std::unique_ptr<Guard>> FakeCallers::MakeGuard(
    GuardOptions options) {
  options.denied_life = absl::ZeroDuration();
  return guard::Maker::Make(std::move(options), std::make_unique<Asker>(book_));
}

std::string FakeCallers::Bearer(FakeCaller caller) {
  return book_->Enter(
      [caller = std::move(caller)](const std::vector<std::string>& audiences) {
        return Judge(caller, audiences);
      });
}

std::string FakeCallers::BearerRefused(Reason reason) {
  return book_->Enter([reason](const std::vector<std::string>&) {
    return Denied{.reason = reason, .message = "the test wants it so"};
  });
}

std::string FakeCallers::BearerUndecided() {
  return book_->Enter([](const std::vector<std::string>&) {
    return Undecided{.cause = Undecided::Cause::kUnreachable};
  });
}

void FakeCallers::Revoke(std::string_view bearer) {
  if (bearer.starts_with(kBearer)) bearer.remove_prefix(kBearer.size());
  std::lock_guard lock(book_->mutex);
  const auto found = book_->verdicts.find(bearer);
  if (found == book_->verdicts.end()) return;
  found->second = [](const std::vector<std::string>&) {
    return Denied{.reason = Reason::kTokenRevoked, .message = "revoked"};
  };
}

}  // namespace usher::testing
