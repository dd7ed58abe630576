// Makes VerifiedTokens. Only for the verifiers of this library: a VerifiedToken
// is a proof that the token was verified.
#pragma once

#include <utility>

#include "usher/verified_token.h"

namespace usher::internal {

struct TokenMint {
  using Fields = VerifiedToken::Fields;
  static VerifiedToken Make(Fields fields) {
    return VerifiedToken(std::move(fields));
  }
};

}  // namespace usher::internal
