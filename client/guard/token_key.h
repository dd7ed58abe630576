// What a verdict is about: a token, and the audiences it was judged for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace usher::guard {

// A view: valid as long as what it was made of.
//
// The hash only finds the place; whoever finds something there compares the
// whole. It is seeded at random in each process, so nobody outside can choose
// tokens that fall together, and its time depends on the length alone.
class TokenKey {
 public:
  explicit TokenKey(std::string_view token);

  // The same token, judged for `audiences` and no others. The hash of the token
  // is not computed again.
  TokenKey For(std::span<const std::string> audiences) const;

  std::string_view token() const { return token_; }
  std::span<const std::string> audiences() const { return audiences_; }
  uint64_t hash() const { return hash_; }

 private:
  std::string_view token_;
  std::span<const std::string> audiences_;
  uint64_t token_hash_;
  uint64_t hash_;
};

// The time depends on the lengths alone: it tells nobody how much of a token
// was right.
bool SameToken(std::string_view a, std::string_view b);

}  // namespace usher::guard
