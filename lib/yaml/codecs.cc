#include "lib/yaml/codecs.h"

#include "absl/container/flat_hash_set.h"
#include "lib/yaml/did_you_mean.h"
#include "lib/yaml/text.h"

namespace usher::yaml {
namespace {

// Parses the text of `value`, quoted or not.
template <typename Parse>
auto ReadQuantity(const Value& value, Parse parse, std::string_view expected)
    -> decltype(parse("")) {
  const auto text = value.Text();
  if (!text) return std::nullopt;
  const auto parsed = parse(*text);
  if (!parsed) value.AddError(base::StrCat("must be ", expected));
  return parsed;
}

// The same for values that must not be quoted.
template <typename Parse>
auto ReadUnquoted(const Value& value, Parse parse, std::string_view expected)
    -> decltype(parse("")) {
  const auto text = value.UnquotedText(expected);
  if (!text) return std::nullopt;
  const auto parsed = parse(*text);
  if (!parsed) value.AddError(base::StrCat("must be ", expected));
  return parsed;
}

std::optional<absl::Duration> ReadDuration(const Value& value) {
  const bool unitless =
      value.node.kind == Node::Kind::kScalar && ParseCount(value.node.text);
  if (unitless) {
    value.AddError(
        base::StrCat("needs a unit, such as ", value.node.text, "s"));
    return std::nullopt;
  }
  return ReadQuantity(value, ParseDuration,
                      "a duration, such as 500ms, 60s, 5m, 24h or 1h30m");
}

}  // namespace

void Text::Read(const Value& value, std::string& out) {
  if (const auto text = value.Text()) out = *text;
}

void Text::Read(const Value& value, std::optional<std::string>& out) {
  if (const auto text = value.Text()) out = *text;
}

std::string Text::Format(const std::optional<std::string>& text) {
  return text.value_or("");
}

void Bool::Read(const Value& value, bool& out) {
  out = ReadUnquoted(value, ParseBool, "true or false").value_or(out);
}

void TextList::Read(const Value& value, std::vector<std::string>& out) {
  out.clear();
  ForEachText(
      value, EmptyText::kInvalid,
      [&](const Value&, std::string_view text) { out.emplace_back(text); });
}

std::string TextList::Format(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    if (!out.empty()) out += ", ";
    out += text.empty() ? "\"\"" : text;
  }
  return out.empty() ? "" : base::StrCat("[", out, "]");
}

void Fraction::Read(const Value& value, double& out) {
  out = ReadUnquoted(value, ParseFraction, "a decimal number from 0 to 1")
            .value_or(out);
}

void Duration::Read(const Value& value, absl::Duration& out) {
  out = ReadDuration(value).value_or(out);
}

void Duration::Read(const Value& value, std::optional<absl::Duration>& out) {
  if (const auto duration = ReadDuration(value)) out = *duration;
}

std::string Duration::Format(const std::optional<absl::Duration>& value) {
  return value ? DurationText(*value) : "";
}

std::string TypeNameWithLimits(std::string_view type, const Limits& limits) {
  return base::StrCat(type, ", ", limits.min, " to ", limits.max);
}

void AddLimitError(const Value& value, const Limits& limits) {
  value.AddError(base::StrCat("must be ", limits.min, " to ", limits.max));
}

std::optional<size_t> ReadCount(const Value& value) {
  return ReadUnquoted(value, ParseCount, "a whole number in decimal digits");
}

std::optional<size_t> ReadSize(const Value& value) {
  return ReadQuantity(value, ParseSize,
                      "a size with its unit, such as 64KiB, 128MiB or 2GiB");
}

void ForEachText(
    const Value& list, EmptyText empty_text,
    const std::function<void(const Value&, std::string_view)>& use) {
  if (!list.IsNonEmptyList()) return;
  absl::flat_hash_set<std::string_view, base::StringHash, std::equal_to<>> seen;
  for (size_t i = 0; i < list.node.elements.size(); ++i) {
    const Value value = list.Element(i);
    const bool is_empty_text = value.node.quoted && value.node.text.empty();
    const auto text = empty_text == EmptyText::kAllowed && is_empty_text
                          ? std::string_view("")
                          : value.Text();
    if (!text) continue;
    if (!seen.insert(*text).second) {
      value.AddError("listed twice");
    } else {
      use(value, *text);
    }
  }
}

void AddUnknownNameError(const Value& value, std::string_view what,
                         std::string_view name,
                         std::span<const std::string_view> known) {
  value.AddError(base::StrCat("unknown ", what, " ", Quoted(name),
                              DidYouMean(name, known)));
}

}  // namespace usher::yaml
