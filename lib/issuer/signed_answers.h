// Opens the signed introspection answers of an issuer with its own keys.
#pragma once

#include <memory>

#include "lib/introspect/answer.h"
#include "lib/issuer/config.h"
#include "lib/jwks/cache.h"

namespace usher::issuer {

// For introspect::Introspector::Settings. `config` has introspection. A
// signature by an unknown key causes a fetch, within the budget of such
// fetches; the answer is undecided meanwhile. Thread-safe, does not block.
introspect::OpenSigned OpenSignedWith(std::weak_ptr<jwks::Cache> keys,
                                      const Config& config,
                                      const base::Clock& clock);

}  // namespace usher::issuer
