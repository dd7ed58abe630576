// What an Introspector reports.
#pragma once

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "lib/introspect/answer.h"

namespace usher::introspect {

// Called on the executor. Thread-safe.
class Observer {
 public:
  virtual ~Observer() = default;
  // A question ended after `took`, from the first request that was sent.
  virtual void OnAnswer(const std::string& issuer_name, const Answer& answer,
                        absl::Duration took) = 0;
};

// "active", "inactive", "invalid" (an answer whose claims cannot be used), or
// the label of the error.
std::string_view ResultLabel(const Answer& answer);

}  // namespace usher::introspect
