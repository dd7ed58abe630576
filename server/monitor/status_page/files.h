// The files of the page, from this folder, built into the program.
#pragma once

#include <span>
#include <string_view>

namespace usher::status_page {

struct File {
  std::string_view path;  // "/page.js"
  std::string_view content_type;
  std::string_view content;
};

// "/" is the page itself; it loads all the others.
std::span<const File> Files();

}  // namespace usher::status_page
