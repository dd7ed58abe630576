#include "lib/introspect/answer_cache.h"

#include <algorithm>
#include <string>

#include "lib/base/token_key.h"

namespace usher::introspect {
namespace {

// The digest stands last: a TokenKey's hash is that of the last characters.
std::string KeyText(const jose::Sha256Digest& digest, std::string_view issuer) {
  std::string text(issuer);
  text.append(digest.begin(), digest.end());
  return text;
}

}  // namespace

AnswerCache::AnswerCache(Limits limits)
    : limits_(limits), positive_(limits.positive), negative_(limits.negative) {}

std::optional<Answer> AnswerCache::Find(const jose::Sha256Digest& digest,
                                        std::string_view issuer,
                                        absl::Time now) {
  const std::string text = KeyText(digest, issuer);
  const base::TokenKey key(text);
  if (auto claims = positive_.Find(key, now)) return Answer(std::move(claims));
  if (const auto refusal = negative_.Find(key, now)) return Answer(*refusal);
  return std::nullopt;
}

void AnswerCache::Put(const jose::Sha256Digest& digest, std::string_view issuer,
                      const Answer& answer, absl::Time now) {
  const std::string text = KeyText(digest, issuer);
  const base::TokenKey key(text);
  if (const auto* claims =
          std::get_if<std::shared_ptr<const token::Claims>>(&answer)) {
    negative_.Erase(key);
    const absl::Time exp =
        (*claims)->expires_at.value_or(absl::InfiniteFuture());
    positive_.Put(key, *claims, (*claims)->Footprint(),
                  std::min(exp, now + limits_.positive_life));
  } else if (const auto* refusal = std::get_if<base::Refusal>(&answer)) {
    positive_.Erase(key);
    negative_.Put(key, std::make_shared<const base::Refusal>(*refusal),
                  sizeof *refusal + refusal->message.size(),
                  now + limits_.negative_life);
  }
}

}  // namespace usher::introspect
