#include "lib/base/json_writer.h"

#include <cmath>
#include <cstdio>

#include "lib/base/text/utf8.h"
#include "lib/base/text/visible.h"

namespace usher::base {

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const unsigned char c = static_cast<unsigned char>(text[0]);
    size_t size = 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text[0];
    } else if (c == '\n') {
      out += "\\n";
    } else if (c >= 0x20 && c < 0x7F) {
      out += text[0];
    } else if (const auto character = FirstUtf8Character(text)) {
      size = character->size;
      if (IsInvisible(character->code)) {
        AppendJsonEscape(out, character->code);
      } else {
        out += text.substr(0, size);
      }
    } else {
      out += "\xEF\xBF\xBD";
    }
    text.remove_prefix(size);
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
