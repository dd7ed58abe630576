// Suggestions for misspelt words: "did you mean ...?"
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace usher::yaml {

// The candidate with the smallest edit distance to `word`. The distance is the
// number of letters changed, added, removed or swapped with a neighbour; it is
// at most a third of the length of `word`, at least one and at most three.
// Nothing for words longer than 64 bytes. Pure.
std::optional<std::string_view> Nearest(
    std::string_view word, std::span<const std::string_view> candidates);

// ": did you mean NAME?", or nothing.
std::string DidYouMean(std::string_view word,
                       std::span<const std::string_view> candidates);

}  // namespace usher::yaml
