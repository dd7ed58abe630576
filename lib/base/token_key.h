// What an answer is about: a token, and the audiences it was verified for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace usher::base {

// A view: valid as long as the token and the audiences it was made from.
//
// The hash only finds the place; the user then compares the whole token with
// SameToken(). It is seeded at random in each process, and its time depends on
// the length alone. Of a token of more than 64 characters it takes the length
// and the last 64: two verified tokens differ there, because the issuer's
// signature does. A sender can make rejected tokens with one hash, which then
// only replace each other.
class TokenKey {
 public:
  explicit TokenKey(std::string_view token);

  // The same token, verified for `audiences` and no others. The hash of the
  // token is not computed again.
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

// The time depends on the lengths alone: it does not show how much of a token
// was right.
bool SameToken(std::string_view a, std::string_view b);

}  // namespace usher::base
