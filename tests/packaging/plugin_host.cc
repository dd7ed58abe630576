#include <dlfcn.h>

#include <iostream>

// Loads the plugin named on the command line with a scope of its own, and runs
// it.
int main(int argc, char** argv) {
  void* plugin = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : nullptr;
  if (plugin == nullptr) {
    std::cerr << "cannot load: " << dlerror() << "\n";
    return 1;
  }
  const auto start =
      reinterpret_cast<int (*)()>(dlsym(plugin, "StartGuardedServer"));
  return start != nullptr ? start() : 1;
}
