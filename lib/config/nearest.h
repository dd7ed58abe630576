// "did you mean ...?"
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace usher::config {

// The candidate that `word` is most likely a slip of: at most a third of its
// letters (but at least one, at most three) changed, added, dropped or swapped
// with a neighbour. Words longer than 64 bytes have none. Pure.
std::optional<std::string_view> Nearest(
    std::string_view word, std::span<const std::string_view> candidates);

// ": did you mean NAME?", or nothing.
std::string DidYouMean(std::string_view word,
                       std::span<const std::string_view> candidates);

}  // namespace usher::config
