#include "client/cli/base/arguments.h"

#include <CLI/CLI.hpp>

#include <sstream>

namespace usher::cli {
namespace {

// The parser indents after a line feed, but does not wrap lines.
std::string Wrapped(const std::string& help) {
  constexpr size_t kWidth = 80 - kHelpColumn;
  std::istringstream words(help);
  std::string out, line, word;
  while (words >> word) {
    if (!line.empty() && line.size() + 1 + word.size() > kWidth) {
      out += line + "\n";
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  return out + line;
}

}  // namespace

void Arguments::Finish(const Option& option, CLI::Option& parsed) {
  parsed.type_name(option.value);
  if (!group_.empty()) parsed.group(group_);
}

void Arguments::Text(const Option& option, std::string& value) {
  CLI::Option& parsed =
      *command_.add_option(option.name, value, Wrapped(option.help));
  parsed.capture_default_str();
  Finish(option, parsed);
}

void Arguments::Text(const Option& option, std::optional<std::string>& value) {
  Finish(option,
         *command_.add_option(option.name, value, Wrapped(option.help)));
}

void Arguments::Required(const Option& option, std::string& value) {
  CLI::Option& parsed =
      *command_.add_option(option.name, value, Wrapped(option.help));
  parsed.required();
  Finish(option, parsed);
}

void Arguments::Positional(const Option& option,
                           std::vector<std::string>& values) {
  Finish(option,
         *command_.add_option(option.name, values, Wrapped(option.help)));
}

void Arguments::List(const Option& option, std::vector<std::string>& values) {
  CLI::Option& parsed =
      *command_.add_option(option.name, values, Wrapped(option.help));
  parsed.expected(1)->take_all()->allow_extra_args(false);
  Finish(option, parsed);
}

void Arguments::OneOf(const Option& option,
                      std::initializer_list<std::string> choices,
                      std::string& value) {
  CLI::Option& parsed =
      *command_.add_option(option.name, value, Wrapped(option.help));
  parsed.check(CLI::IsMember(std::vector<std::string>(choices)));
  parsed.capture_default_str();
  Finish(option, parsed);
}

void Arguments::Flag(const Option& option, bool& value) {
  CLI::Option& parsed =
      *command_.add_flag(option.name, value, Wrapped(option.help));
  if (!group_.empty()) parsed.group(group_);
}

}  // namespace usher::cli
