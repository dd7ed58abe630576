// One look at one token, from memory: the path from bytes to verdict, in order.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "absl/time/time.h"
#include "lib/issuer/registry.h"
#include "lib/jose/jws.h"
#include "lib/verify/explanation.h"
#include "lib/verify/observer.h"
#include "lib/verify/requirements.h"
#include "lib/verify/token_cache.h"
#include "lib/verify/verified_token.h"

namespace usher::verify {

// Memory cannot tell: the token's key is not there, and a fetch might bring it.
struct Wait {
  std::shared_ptr<jwks::Cache> keys;
  // The token's own word for it: may withhold a KEY_NOT_FOUND, nothing more.
  std::optional<absl::Time> unverified_issued_at;
};

// Lives on the stack for the length of one look; borrows all it is given.
class Evaluation {
 public:
  struct Context {
    const issuer::Registry& issuers;
    const Requirements& requirements;
    absl::Time now;
    TokenCache* cache = nullptr;         // null: neither consulted nor filled
    Explanation* explanation = nullptr;  // null: nobody asked
    // The network has been asked already: say what can be said.
    bool last_look = false;
    // When it was asked for this token's sake. A token issued later than the
    // fetch began may be of a rotation that the fetch just missed.
    std::optional<absl::Time> asked_at = {};
  };
  explicit Evaluation(const Context& context) : context_(context) {}

  using Outcome = std::variant<Verdict, Wait>;
  Outcome Judge(std::string_view token);

  // The operator's name for the token's issuer; "" until one is found.
  std::string_view issuer_name() const {
    return issuer_ ? std::string_view(issuer_->config().name) : "";
  }
  Path path() const { return path_; }

 private:
  using Fault = std::optional<base::Refusal>;

  std::shared_ptr<const SignedClaims> FindCached(std::string_view token,
                                                 bool& stale);
  Fault CheckHeader(const jose::Jws& jws);
  Fault FindIssuer(const jose::Jws& jws);
  Outcome JudgeBySignature(std::string_view token, const jose::Jws& jws);
  base::Result<std::shared_ptr<const SignedClaims>> Open(
      const jose::Jws& jws, const jwks::KeySnapshot& served);
  Outcome WithoutKey(const jose::Jws& jws, bool any_keys);
  bool IsWorthAFetch(const jose::Jws& jws) const;
  Fault CheckClaims(const token::Claims& claims);
  bool Accepts(std::string_view audience) const;
  VerifiedToken Verified(std::shared_ptr<const SignedClaims> believed,
                         bool stale) const;

  // Notes the check for whoever asked, and hands the fault on.
  Fault Note(CheckId id, Fault fault, std::string_view when_passed);
  base::Refusal Fail(CheckId id, base::Refusal refusal);

  const Context context_;
  const issuer::Issuer* issuer_ = nullptr;
  Path path_ = Path::kLocal;
};

}  // namespace usher::verify
