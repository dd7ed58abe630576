#include "lib/yaml/did_you_mean.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "lib/base/text/strings.h"

namespace usher::yaml {
namespace {

constexpr size_t kMaxLength = 64;
using Row = std::array<size_t, kMaxLength + 1>;

// The optimal string alignment distance: Levenshtein's distance where a swap of
// neighbours counts as one change. Both words are at most kMaxLength bytes.
size_t Distance(std::string_view a, std::string_view b) {
  Row before_last{}, last{}, current{};
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before_last[j - 2] + 1);
      }
    }
    before_last = last;
    last = current;
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string_view> Nearest(
    std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() > kMaxLength) return std::nullopt;
  const size_t allowed = std::clamp<size_t>(word.size() / 3, 1, 3);
  std::optional<std::string_view> nearest;
  size_t least = allowed + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > std::min(word.size() + allowed, kMaxLength))
      continue;
    const size_t distance = Distance(word, candidate);
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string DidYouMean(std::string_view word,
                       std::span<const std::string_view> candidates) {
  const auto nearest = Nearest(word, candidates);
  return nearest ? base::StrCat(": did you mean ", *nearest, "?") : "";
}

}  // namespace usher::yaml
