#include "lib/base/json_writer.h"

#include <cmath>
#include <cstdio>

namespace usher::base {
namespace {

// The length of the well-formed UTF-8 sequence at the head of `text` (Unicode
// table 3-7), or 0 where there is none.
size_t Utf8SequenceLength(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  auto tail = [&](size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;
    return tail(1, low, high) && tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const unsigned char c = static_cast<unsigned char>(text[0]);
    size_t taken = 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text[0];
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20 || c == 0x7F) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
      out += escaped;
    } else if ((taken = Utf8SequenceLength(text)) != 0) {
      out += text.substr(0, taken);
    } else {
      out += "\xEF\xBF\xBD";
      taken = 1;
    }
    text.remove_prefix(taken);
  }
  out += '"';
}

JsonObject& JsonObject::AddRaw(std::string_view name, std::string_view json) {
  if (text_.size() > 1) text_ += ',';
  AppendJsonString(text_, name);
  text_ += ':';
  text_ += json;
  return *this;
}

JsonObject& JsonObject::Add(std::string_view name, std::string_view value) {
  std::string quoted;
  AppendJsonString(quoted, value);
  return AddRaw(name, quoted);
}

JsonObject& JsonObject::Add(std::string_view name, double value) {
  if (!std::isfinite(value)) return AddRaw(name, "null");
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return AddRaw(name, text);
}

JsonObject& JsonObject::Add(std::string_view name,
                            std::span<const std::string> values) {
  std::string list = "[";
  for (const std::string& value : values) {
    if (list.size() > 1) list += ',';
    AppendJsonString(list, value);
  }
  return AddRaw(name, list + "]");
}

JsonArray& JsonArray::AddRaw(std::string_view json) {
  if (text_.size() > 1) text_ += ',';
  text_ += json;
  return *this;
}

}  // namespace usher::base
