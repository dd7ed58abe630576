// Whom the guard asks about tokens it does not know: usherd, or a test.
#pragma once

#include <functional>

#include "usher/verify_request.h"
#include "usher/verify_result.h"

namespace usher::guard {

class TokenAsker {
 public:
  virtual ~TokenAsker() = default;

  // Thread-safe; never blocks. `done` runs exactly once, inside this call or
  // later on any thread. `question` is copied where it is needed longer.
  virtual void Ask(const VerifyQuestion& question,
                   std::function<void(Answer)> done) = 0;
};

}  // namespace usher::guard
