// usher-docs DIRECTORY: writes the generated pages, and the generated sections
// of the others, into the tree at DIRECTORY.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/docs/pages.h"

namespace {

bool Write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) {
    std::fprintf(stderr, "usher-docs: cannot write %s\n", path.c_str());
    return false;
  }
  std::printf("%s\n", path.c_str());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: usher-docs DIRECTORY\n", stderr);
    return 2;
  }
  const std::string top = std::string(argv[1]) + "/";
  for (const usher::docs::Page& page : usher::docs::Pages()) {
    if (!Write(top + page.path, page.text)) return 1;
  }
  for (const usher::docs::PageSection& section : usher::docs::Sections()) {
    std::ifstream file(top + section.path, std::ios::binary);
    const std::string page(std::istreambuf_iterator<char>(file), {});
    const std::string text = usher::docs::WithSection(page, section);
    if (text.empty()) {
      std::fprintf(stderr, "usher-docs: %s has no marks for the section %s\n",
                   section.path.c_str(), section.name.c_str());
      return 1;
    }
    if (!Write(top + section.path, text)) return 1;
  }
  return 0;
}
