#include "tests/client/cli/run_program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "lib/base/text/strings.h"
#include "tests/support/paths.h"

extern char** environ;

namespace usher::testing {

Ran RunProgram(const std::vector<std::string>& arguments,
               std::string_view input) {
  // Files, not pipes: a program that writes much cannot wait for a reader.
  const std::string directory = NewDirectory();
  const std::string in = directory + "/in", out = directory + "/out",
                    err = directory + "/err";
  WriteFile(in, input);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, 0, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), kWrite, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), kWrite, 0600);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int failed =
      posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(failed, 0) << "cannot run " << arguments[0];
  if (failed != 0) return {};
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .out = ReadFile(out),
          .err = ReadFile(err)};
}

Ran RunUsher(std::vector<std::string> arguments, std::string_view input) {
  arguments.insert(arguments.begin(),
                   std::string(testing::kProgramDir) + "/usher");
  return RunProgram(arguments, input);
}

std::string NewDirectory() {
  struct Directories {
    ~Directories() {
      std::error_code ignored;
      for (const std::string& path : paths) {
        std::filesystem::remove_all(path, ignored);
      }
    }
    std::vector<std::string> paths;
  };
  static Directories removed_at_exit;
  std::string path = ::testing::TempDir() + "usher-client-XXXXXX";
  EXPECT_NE(mkdtemp(path.data()), nullptr);
  removed_at_exit.paths.push_back(path);
  return path;
}

void WriteFile(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace usher::testing
