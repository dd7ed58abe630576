// Writes JSON text, one member after another, for log lines, introspection
// answers and the development issuer. lib/json/json.h reads JSON.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace usher::base {

// Appends `text` as a JSON string with its quotes. Invisible characters
// (visible.h) are escaped; bytes that are not UTF-8 become U+FFFD, so the
// output is always valid JSON.
void AppendJsonString(std::string& out, std::string_view text);

// {"name":"value","count":3}. Members appear in the order they are added.
class JsonObject {
 public:
  JsonObject& Add(std::string_view name, std::string_view value);
  JsonObject& Add(std::string_view name, const char* value) {
    return Add(name, std::string_view(value));
  }
  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) JsonObject& Add(std::string_view name,
                                                         Integer value) {
    return AddRaw(name, std::to_string(value));
  }
  JsonObject& Add(std::string_view name, double value);
  template <std::same_as<bool> Bool>
  JsonObject& Add(std::string_view name, Bool value) {
    return AddRaw(name, value ? "true" : "false");
  }
  JsonObject& Add(std::string_view name, std::span<const std::string> values);
  // `json` must be valid JSON.
  JsonObject& AddRaw(std::string_view name, std::string_view json);

  // The object's text.
  std::string Text() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

// [{"a":1},2]. Elements appear in the order they are added.
class JsonArray {
 public:
  // `json` must be valid JSON.
  JsonArray& AddRaw(std::string_view json);

  // The array's text.
  std::string Text() const { return text_ + "]"; }

 private:
  std::string text_ = "[";
};

}  // namespace usher::base
