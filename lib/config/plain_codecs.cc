#include "lib/config/plain_codecs.h"

#include "absl/container/flat_hash_set.h"
#include "lib/config/characters.h"
#include "lib/config/nearest.h"
#include "lib/config/scalars.h"

namespace usher::config {

void ForEachText(
    const Value& list, bool may_be_empty,
    const std::function<void(const Value&, std::string_view)>& take) {
  if (!list.IsList()) return;
  absl::flat_hash_set<std::string_view, base::StringHash, std::equal_to<>> seen;
  for (size_t i = 0; i < list.node.elements.size(); ++i) {
    const Value value = list.Element(i);
    const bool is_empty_text = value.node.quoted && value.node.text.empty();
    const auto text =
        may_be_empty && is_empty_text ? std::string_view("") : value.Text();
    if (!text) continue;
    if (!seen.insert(*text).second) {
      value.Fault("is in the list twice");
    } else {
      take(value, *text);
    }
  }
}

void UnknownWord(const Value& value, std::string_view what,
                 std::string_view word,
                 std::span<const std::string_view> words) {
  value.Fault(base::StrCat("unknown ", what, " ", Quoted(word),
                           DidYouMean(word, words)));
}

void Text::Read(const Value& value, std::string& out) {
  if (const auto text = value.Text()) out = *text;
}

void Text::Read(const Value& value, std::optional<std::string>& out) {
  if (const auto text = value.Text()) out = *text;
}

std::string Text::Show(const std::optional<std::string>& text) {
  return text.value_or("");
}

void Switch::Read(const Value& value, bool& out) {
  const auto text = value.Plain("true or false");
  if (!text) return;
  const auto on = ParseSwitch(*text);
  if (!on) return value.Fault("must be true or false");
  out = *on;
}

void TextList::Read(const Value& value, std::vector<std::string>& out) {
  out.clear();
  ForEachText(
      value, /*may_be_empty=*/false,
      [&](const Value&, std::string_view text) { out.emplace_back(text); });
}

std::string TextList::Show(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    if (!out.empty()) out += ", ";
    out += text.empty() ? "\"\"" : text;
  }
  return out.empty() ? "" : base::StrCat("[", out, "]");
}

}  // namespace usher::config
