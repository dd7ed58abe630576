// Makes guards that ask whomever they are given: usherd, or a test's invention.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "client/guard/decide/token_asker.h"
#include "usher/guard.h"

namespace usher::guard {

struct Maker {
  // Leaves out of account what `options` say of usherd. INVALID_ARGUMENT names
  // every other option that is wrong.
  static absl::StatusOr<std::unique_ptr<Guard>> Make(
      GuardOptions options, std::unique_ptr<TokenAsker> asker);
};

}  // namespace usher::guard
