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

// docs/reasons.md, from Reasons().
std::string ReasonsPage();

}  // namespace usher::docs
