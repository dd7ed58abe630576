// Codecs: how a value of one type is read, shown as a default, and described
// to people. Each has
//   static std::string Words();                      "duration, 0s to 10m"
//   static void Read(const Value&, Type& out);       faults go to the report
//   static std::string Show(const Type& value);      as one would write it
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/config/value.h"

namespace usher::config {

struct Text {
  static std::string Words() { return "text"; }
  static void Read(const Value& value, std::string& out);
  static void Read(const Value& value, std::optional<std::string>& out);
  static std::string Show(const std::string& text) { return text; }
  static std::string Show(const std::optional<std::string>& text);
};

struct Switch {
  static std::string Words() { return "true or false"; }
  static void Read(const Value& value, bool& out);
  static std::string Show(bool on) { return on ? "true" : "false"; }
};

// At least one text, none of them empty or repeated.
struct TextList {
  static std::string Words() { return "list of text"; }
  static void Read(const Value& value, std::vector<std::string>& out);
  static std::string Show(const std::vector<std::string>& texts);
};

// Calls `take` for every text of a list; one said twice is a fault.
void ForEachText(
    const Value& list, bool may_be_empty,
    const std::function<void(const Value&, std::string_view)>& take);

// A fault for a word that is none of `words`.
void UnknownWord(const Value& value, std::string_view what,
                 std::string_view word,
                 std::span<const std::string_view> words);

}  // namespace usher::config
