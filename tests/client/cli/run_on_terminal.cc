#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "tests/client/cli/run_program.h"
#include "tests/support/paths.h"

extern char** environ;

namespace usher::testing {
namespace {

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

// Until everybody has closed the other side, which reads as an error.
std::string ReadTerminal(int fd) {
  std::string text;
  char buffer[4096];
  ssize_t size = 0;
  while ((size = read(fd, buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<size_t>(size));
  }
  return text;
}

}  // namespace

std::optional<std::string> WhyNoTerminal() {
  int master = -1, slave = -1;
  if (openpty(&master, &slave, nullptr, nullptr, nullptr) != 0) {
    return std::string("no terminal here: openpty: ") + strerror(errno);
  }
  close(master);
  close(slave);
  return std::nullopt;
}

Ran RunUsherOnATerminal(const std::vector<std::string>& arguments,
                        std::string_view input,
                        const std::vector<std::string>& variables) {
  const std::string in = NewDirectory() + "/in";
  WriteFile(in, input);
  std::vector<std::string> environment = variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!text.starts_with("NO_COLOR=")) environment.push_back(text);
  }
  std::vector<std::string> command = {std::string(testing::kProgramDir) +
                                      "/usher"};
  command.insert(command.end(), arguments.begin(), arguments.end());

  int master = -1, slave = -1;
  EXPECT_EQ(openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, slave, 1);
  posix_spawn_file_actions_addclose(&actions, master);
  posix_spawn_file_actions_addclose(&actions, slave);
  pid_t pid = -1;
  EXPECT_EQ(posix_spawn(&pid, command[0].c_str(), &actions, nullptr,
                        Pointers(command).data(), Pointers(environment).data()),
            0);
  posix_spawn_file_actions_destroy(&actions);
  close(slave);
  Ran ran = {.out = ReadTerminal(master)};
  close(master);
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

}  // namespace usher::testing
