// A command's options, as it declares them. The parser behind it stays in
// arguments.cc and program.cc.
#pragma once

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

// What an option is called ("--ca", or "file" for a positional one), what its
// value is called in the help ("FILE"), and what it is for.
struct Option {
  std::string name;
  std::string value;
  std::string help;
};

// Values must live until the command line has been read and used.
class Arguments {
 public:
  explicit Arguments(CLI::App& command) : command_(command) {}

  // The heading in the help for what is declared after it.
  void Group(std::string name) { group_ = std::move(name); }

  // The value it has now is the default.
  void Text(const Option& option, std::string& value);
  void Text(const Option& option, std::optional<std::string>& value);
  void Required(const Option& option, std::string& value);
  // Positional, any number of them.
  void Words(const Option& option, std::vector<std::string>& values);
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
