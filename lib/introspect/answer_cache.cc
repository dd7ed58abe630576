#include "lib/introspect/answer_cache.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lib/base/token_key.h"

namespace usher::introspect {
namespace {

// The digest stands last: a TokenKey's hash is that of the last characters.
std::string KeyText(const AnswerCache::Key& key) {
  std::string text(reinterpret_cast<const char*>(&key.issuer),
                   sizeof key.issuer);
  text.append(key.digest.begin(), key.digest.end());
  return text;
}

}  // namespace

AnswerCache::AnswerCache(Limits limits)
    : limits_(limits), positive_(limits.positive), negative_(limits.negative) {}

std::optional<TimedAnswer> AnswerCache::Find(const Key& key, absl::Time now) {
  const std::string text = KeyText(key);
  const base::TokenKey token_key(text);
  auto found = positive_.Find(token_key, now);
  if (!found) found = negative_.Find(token_key, now);
  if (!found) return std::nullopt;
  return *found;
}

TimedAnswer AnswerCache::Put(const Key& key, Answer answer, absl::Time now) {
  const std::string text = KeyText(key);
  const base::TokenKey token_key(text);
  TimedAnswer timed{std::move(answer), absl::InfinitePast()};
  if (const auto* claims =
          std::get_if<std::shared_ptr<const token::Claims>>(&timed.answer)) {
    timed.until =
        std::min((*claims)->expires_at.value_or(absl::InfiniteFuture()),
                 now + limits_.positive_life);
    negative_.Erase(token_key);
    positive_.Put(token_key, std::make_shared<const TimedAnswer>(timed),
                  sizeof timed + (*claims)->Footprint(), timed.until);
  } else if (const auto* refusal = std::get_if<base::Refusal>(&timed.answer)) {
    timed.until = now + limits_.negative_life;
    positive_.Erase(token_key);
    negative_.Put(token_key, std::make_shared<const TimedAnswer>(timed),
                  sizeof timed + refusal->message.size(), timed.until);
  }
  return timed;
}

}  // namespace usher::introspect
