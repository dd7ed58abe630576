// What a verdict is about: a token, and the audiences it was judged for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace usher::base {

// A view: valid as long as what it was made of.
//
// The hash only finds the place; whoever finds something there compares the
// whole. It is seeded at random in each process, and its time depends on the
// length alone. Of a long token it takes the length, the beginning and the end,
// which is where its signature is: tokens that were verified differ there, and
// others are not remembered beside them.
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

}  // namespace usher::base
