#include "lib/config/nearest.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "lib/base/strings.h"

namespace usher::config {
namespace {

constexpr size_t kLongest = 64;
using Row = std::array<size_t, kLongest + 1>;

// Optimal string alignment: Levenshtein's distance, with a swap of neighbours
// as one change. Both words are at most kLongest bytes.
size_t Distance(std::string_view a, std::string_view b) {
  Row before{}, last{}, now{};
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        now[j] = std::min(now[j], before[j - 2] + 1);
      }
    }
    before = last;
    last = now;
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string_view> Nearest(
    std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() > kLongest) return std::nullopt;
  const size_t allowed = std::clamp<size_t>(word.size() / 3, 1, 3);
  std::optional<std::string_view> nearest;
  size_t least = allowed + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > std::min(word.size() + allowed, kLongest)) continue;
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

}  // namespace usher::config
