#include "lib/policy/claim_fields.h"

#include <charconv>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "lib/yaml/codecs.h"
#include "lib/yaml/text.h"

namespace usher::policy {
namespace {

using yaml::Bool;
using yaml::Node;
using yaml::Value;

// Text, true or false, or a whole number. Anything in quotes is text.
std::optional<ClaimValue> ReadScalar(const Value& value) {
  const auto text = value.Text();
  if (!text) return std::nullopt;
  if (value.node.quoted) return ClaimValue(*text);
  if (*text == "true" || *text == "false") return ClaimValue(*text == "true");
  const bool numeric =
      text->find_first_not_of("0123456789+-.eE_") == std::string_view::npos &&
      text->find_first_of("0123456789") != std::string_view::npos;
  if (!numeric) return ClaimValue(*text);
  int64_t number = 0;
  const char* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end &&
      std::to_string(number) == *text) {
    return ClaimValue(number);
  }
  value.AddError(
      "must be a whole number in decimal digits; in quotes it is text");
  return std::nullopt;
}

std::vector<ClaimValue> ReadScalars(const Value& list) {
  std::vector<ClaimValue> scalars;
  if (!list.IsNonEmptyList()) return scalars;
  for (size_t i = 0; i < list.node.elements.size(); ++i) {
    if (auto scalar = ReadScalar(list.Element(i))) {
      scalars.push_back(*std::move(scalar));
    }
  }
  return scalars;
}

}  // namespace

void IsCodec::Read(const Value& value, ClaimConditions& out) {
  if (auto scalar = ReadScalar(value)) {
    out.rules.push_back(Claim(out.path).Is(*std::move(scalar)));
  }
}

void OneOfCodec::Read(const Value& value, ClaimConditions& out) {
  auto scalars = ReadScalars(value);
  if (scalars.empty()) return;
  out.rules.push_back(Claim(out.path).IsOneOf(std::move(scalars)));
}

void ContainsCodec::Read(const Value& value, ClaimConditions& out) {
  if (value.node.kind != Node::Kind::kList) {
    if (auto scalar = ReadScalar(value)) {
      out.rules.push_back(Claim(out.path).Contains(*std::move(scalar)));
    }
    return;
  }
  for (ClaimValue& scalar : ReadScalars(value)) {
    out.rules.push_back(Claim(out.path).Contains(std::move(scalar)));
  }
}

void PresentCodec::Read(const Value& value, ClaimConditions& out) {
  bool present = true;
  Bool::Read(value, present);
  if (!present) return value.AddError("must be true; omit the key otherwise");
  out.rules.push_back(Claim(out.path).IsPresent());
}

void ForEachClaim(const Value& value,
                  absl::FunctionRef<void(const Value&, ClaimPath)> read) {
  if (!value.IsMapping()) return;
  if (value.node.members.empty()) {
    return value.AddError("must not be empty; omit the key instead");
  }
  absl::flat_hash_set<std::string_view, base::StringHash, std::equal_to<>> seen;
  for (const Node::Member& member : value.node.members) {
    const auto error = [&](std::string_view message) {
      value.reading.report.AddErrorInside(value.path, member.line, message);
    };
    std::vector<std::string> path = ParseClaimPath(member.key);
    const std::string name = yaml::Quoted(member.key);
    if (!seen.insert(member.key).second) {
      error(base::StrCat("duplicate key ", name));
    } else if (path.empty()) {
      error(base::StrCat(name,
                         " is not the name of a claim; a dot in a name is "
                         "written \\., a backslash \\\\"));
    } else if (path.size() > 1 && member.key.find("://") != std::string::npos) {
      error(base::StrCat(name,
                         " is a URL: write its dots as \\. (in single quotes "
                         "or without quotes)"));
    } else {
      read({member.value, value.PathOf(member.key), value.reading},
           ClaimPath(std::move(path)));
    }
  }
}

std::vector<std::string> ParseClaimPath(std::string_view text) {
  std::vector<std::string> names(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      names.emplace_back();
    } else if (text[i] == '\\') {
      if (++i == text.size() || (text[i] != '.' && text[i] != '\\')) return {};
      names.back() += text[i];
    } else {
      names.back() += text[i];
    }
  }
  for (const std::string& name : names) {
    if (name.empty()) return {};
  }
  return names;
}

}  // namespace usher::policy
