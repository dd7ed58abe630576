// How a command declares its options. Only arguments.cc and program.cc know the
// parser.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace usher::cli {

// Where explanations begin in a help text.
inline constexpr size_t kHelpColumn = 26;

struct Option {
  std::string name;   // "--ca"; "file" for a positional option
  std::string value;  // the value's name in the help: "FILE"
  std::string help;   // what it is for
};

// Values must live until the command has run.
class Arguments {
 public:
  explicit Arguments(CLI::App& command) : command_(command) {}

  // The heading in the help for what is declared after it.
  void Group(std::string name) { group_ = std::move(name); }

  // The current value is the default.
  void Text(const Option& option, std::string& value);
  void Text(const Option& option, std::optional<std::string>& value);
  void Required(const Option& option, std::string& value);
  // Positional, any number of them.
  void Positional(const Option& option, std::vector<std::string>& values);
  // May be repeated; each takes one value.
  void List(const Option& option, std::vector<std::string>& values);
  void OneOf(const Option& option, std::initializer_list<std::string> choices,
             std::string& value);
  void Flag(const Option& option, bool& value);

 private:
  void Finish(const Option& option, CLI::Option& parsed);

  CLI::App& command_;
  std::string group_;
};

}  // namespace usher::cli
