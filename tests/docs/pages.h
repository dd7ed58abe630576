// The files in the tree that are generated from the code's own tables.
#pragma once

#include <string>
#include <vector>

namespace usher::docs {

struct Page {
  std::string path;  // from the top of the tree
  std::string text;
};

std::vector<Page> Pages();

std::string ConfigurationPage();  // docs/configuration.md
std::string PolicyPage();         // docs/policy.md
std::string ReasonsPage();        // docs/reasons.md

}  // namespace usher::docs
