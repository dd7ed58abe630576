// What an Introspector reports.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "lib/introspect/answer.h"

namespace usher::introspect {

// Thread-safe. Called on any thread, so it must be quick and must not block.
class Observer {
 public:
  virtual ~Observer() = default;
  // A question ended after `took`, from the first request that was sent; zero
  // if none was.
  virtual void OnAnswer(const std::string& issuer_name, const Answer& answer,
                        absl::Duration took) = 0;
};

}  // namespace usher::introspect
