#include "tests/docs/pages.h"

#include "tests/docs/examples.h"

namespace usher::docs {

std::vector<Page> Pages() {
  return {
      {"docs/configuration.md", ConfigurationPage()},
      {"docs/policy.md", PolicyPage()},
      {"docs/reasons.md", ReasonsPage()},
      {"tests/data/full.yaml", std::string(kFullExample)},
  };
}

}  // namespace usher::docs
