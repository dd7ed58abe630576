// Where an issuer is asked about tokens, if only its metadata say so.
#pragma once

#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

namespace usher::introspect {

// Thread-safe.
class EndpointSource {
 public:
  virtual ~EndpointSource() = default;

  // Calls `done` exactly once with the URL, or with an error for the operator:
  // inline where it is known, else on the executor. Does not block.
  using Done = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;
  virtual void Find(Done done) = 0;
};

}  // namespace usher::introspect
