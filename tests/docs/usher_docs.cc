// usher-docs DIRECTORY: writes the generated pages into the tree at DIRECTORY.
#include <cstdio>
#include <fstream>

#include "tests/docs/pages.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: usher-docs DIRECTORY\n", stderr);
    return 2;
  }
  for (const usher::docs::Page& page : usher::docs::Pages()) {
    const std::string path = std::string(argv[1]) + "/" + page.path;
    std::ofstream file(path, std::ios::binary);
    file << page.text;
    if (!file.flush()) {
      std::fprintf(stderr, "usher-docs: cannot write %s\n", path.c_str());
      return 1;
    }
    std::printf("%s\n", path.c_str());
  }
  return 0;
}
