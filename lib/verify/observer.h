// News of verdicts, for metrics.
#pragma once

#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "usher/reason.h"

namespace usher::verify {

// How a verdict came about.
enum class Path { kCache, kLocal, kNetwork };

// Thread-safe; called on whatever thread reached the verdict, so it must be
// quick and must not block.
class Observer {
 public:
  virtual ~Observer() = default;
  // `issuer_name` is the operator's name, "" where the issuer is unknown.
  // `reason` is absent for a verified token. `took` counts from when the token
  // was handed in.
  virtual void OnVerdict(std::string_view issuer_name,
                         std::optional<Reason> reason, Path path,
                         bool stale_keys, absl::Duration took) = 0;
};

}  // namespace usher::verify
