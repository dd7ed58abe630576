#include "tests/docs/pages.h"

#include "lib/config/config.h"
#include "lib/config/examples.h"
#include "lib/config/policy.h"

namespace usher::docs {

std::vector<Page> Pages() {
  return {
      {"docs/configuration.md", config::Reference()},
      {"docs/policy.md", config::PolicyReference()},
      {"docs/reasons.md", ReasonsPage()},
      {"tests/data/full.yaml", std::string(config::kFullExample)},
  };
}

}  // namespace usher::docs
