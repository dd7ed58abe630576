// Makes VerifiedTokens. For the client that reads usherd's answers and for
// usher::testing; anybody else would be lying.
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
