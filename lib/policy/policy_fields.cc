#include "lib/policy/policy_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "lib/yaml/codecs.h"
#include "lib/yaml/did_you_mean.h"
#include "lib/yaml/field_kinds.h"
#include "lib/yaml/text.h"

namespace usher::policy {
namespace {

using yaml::Bool;
using yaml::Field;
using yaml::FieldDoc;
using yaml::Node;
using yaml::Presence;
using yaml::Report;
using yaml::SimpleField;
using yaml::TextList;
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

// The keys of a claim add rules and have no default.
struct ConditionCodec {
  static std::string Format(const ClaimConditions&) { return ""; }
};

struct IsCodec : ConditionCodec {
  static std::string TypeName() { return "text, number, true or false"; }
  static void Read(const Value& value, ClaimConditions& out) {
    if (auto scalar = ReadScalar(value)) {
      out.rules.push_back(Claim(out.path).Is(*std::move(scalar)));
    }
  }
};

struct OneOfCodec : ConditionCodec {
  static std::string TypeName() { return "list of such values"; }
  static void Read(const Value& value, ClaimConditions& out) {
    auto scalars = ReadScalars(value);
    if (scalars.empty()) return;
    out.rules.push_back(Claim(out.path).IsOneOf(std::move(scalars)));
  }
};

struct ContainsCodec : ConditionCodec {
  static std::string TypeName() { return "such a value, or a list of them"; }
  static void Read(const Value& value, ClaimConditions& out) {
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
};

struct PresentCodec : ConditionCodec {
  static std::string TypeName() { return "true"; }
  static void Read(const Value& value, ClaimConditions& out) {
    bool present = true;
    Bool::Read(value, present);
    if (!present) return value.AddError("must be true; omit the key otherwise");
    out.rules.push_back(Claim(out.path).IsPresent());
  }
};

constexpr auto kClaim = std::to_array<Field<ClaimConditions>>({
    SimpleField<ClaimConditions, IsCodec>(
        "is",
        "The claim equals this value. `tenant: acme` is short for `tenant: "
        "{is: acme}`."),
    SimpleField<ClaimConditions, OneOfCodec>(
        "one_of", "The claim equals one of these values."),
    SimpleField<ClaimConditions, ContainsCodec>(
        "contains",
        "The claim is an array that contains this value, or each of these "
        "values; or the claim equals the value. Parts of a text do not count."),
    SimpleField<ClaimConditions, PresentCodec>(
        "present", "The claim is present and not null."),
});

struct ClaimsCodec {
  static std::string TypeName() { return "mapping of claims"; }

  static void Read(const Value& value, std::vector<ClaimRule>& out) {
    if (!value.IsMapping()) return;
    if (value.node.members.empty()) {
      return value.AddError("must not be empty; omit the key instead");
    }
    absl::flat_hash_set<std::string_view, base::StringHash, std::equal_to<>>
        seen;
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
      } else if (path.size() > 1 &&
                 member.key.find("://") != std::string::npos) {
        error(base::StrCat(name,
                           " is a URL: write its dots as \\. (in single quotes "
                           "or without quotes)"));
      } else {
        ClaimConditions conditions = {ClaimPath(std::move(path)), {}};
        ReadOne({member.value, value.PathOf(member.key), value.reading},
                conditions);
        std::ranges::move(conditions.rules, std::back_inserter(out));
      }
    }
  }

  static std::string Format(const std::vector<ClaimRule>&) { return ""; }

 private:
  static void ReadOne(const Value& value, ClaimConditions& conditions) {
    if (value.node.kind == Node::Kind::kScalar) {
      return IsCodec::Read(value, conditions);
    }
    if (value.node.kind != Node::Kind::kMapping || value.node.members.empty()) {
      return value.AddError(
          "must be a value, or a mapping such as {one_of: [a, b]}");
    }
    yaml::ReadMapping<ClaimConditions>(value, kClaim, conditions);
  }
};

struct ScopeMatchCodec {
  static std::string TypeName() { return "all or any"; }
  static void Read(const Value& value, ScopeMatch& out) {
    const auto text = value.Text();
    if (!text) return;
    if (*text != "all" && *text != "any") {
      return value.AddError("must be all or any");
    }
    out = *text == "any" ? ScopeMatch::kAny : ScopeMatch::kAll;
  }
  static std::string Format(ScopeMatch match) {
    return match == ScopeMatch::kAny ? "any" : "all";
  }
};

constexpr auto kRule = std::to_array<Field<MethodRule>>({
    SimpleField<MethodRule, TextList, &MethodRule::scopes>(
        "scopes", "Scopes that the token must have."),
    SimpleField<MethodRule, ScopeMatchCodec, &MethodRule::scope_match>(
        "scope_match", "Whether all of the scopes are required, or any one."),
    SimpleField<MethodRule, TextList, &MethodRule::audiences>(
        "audiences",
        "The token must be meant for one of these, instead of those at the top "
        "of the file or in the guard's options."),
    SimpleField<MethodRule, ClaimsCodec, &MethodRule::claims>(
        "claims",
        "Conditions on claims, by the names of the claims. All must hold. A "
        "dot leads into an object (`realm_access.roles`); a dot in a name is "
        "written `\\.`."),
    SimpleField<MethodRule, Bool, &MethodRule::optional>(
        "optional",
        "Whether a call without an `authorization` header is admitted, without "
        "a caller. A call with the header must fulfil the whole rule."),
    SimpleField<MethodRule, Bool, &MethodRule::is_public>(
        "public",
        "Whether anyone may call. Tokens are neither required nor read, so no "
        "other key may be set. `public` is short for `{public: true}`."),
});

// Reads a rule and, if it is valid by itself, gives it to `add`, which adds it
// to the policy of `file`. Errors that the policy finds go to the report too.
template <typename Add>
void ReadRule(const Value& value, int line, FilePolicy& file, Add add) {
  Report& report = value.reading.report;
  const size_t errors_before = report.error_count();
  MethodRule rule;
  if (value.node.kind == Node::Kind::kScalar && value.node.text == "public") {
    rule.is_public = true;
  } else if (value.node.kind == Node::Kind::kMapping) {
    yaml::ReadMapping<MethodRule>(value, kRule, rule);
  } else {
    constexpr auto kWords = std::to_array<std::string_view>({"public"});
    const bool is_word = value.node.kind == Node::Kind::kScalar;
    value.AddError(base::StrCat(
        "must be public, or a mapping ({} requires a token and nothing else)",
        is_word ? yaml::DidYouMean(value.node.text, kWords) : ""));
  }
  if (report.error_count() != errors_before) return;
  const size_t first = file.policy.errors().size();
  add(std::move(rule));
  std::vector<std::string> messages;
  for (const std::string& error : file.policy.errors().subspan(first)) {
    // "method a.B/C: listed twice": the path of the value replaces the subject.
    const size_t colon = error.find(": ");
    std::string message =
        colon == std::string::npos ? error : error.substr(colon + 2);
    // `reflection` stands for two services, whose errors are the same.
    if (std::ranges::count(messages, message) != 0) continue;
    report.AddError(value.path, line, message);
    messages.push_back(std::move(message));
  }
}

using AddRule = MethodPolicy& (MethodPolicy::*)(MethodRule);
using AddNamedRule = MethodPolicy& (MethodPolicy::*)(std::string_view,
                                                     MethodRule);

// A key with one rule.
template <AddRule kAdd>
constexpr Field<FilePolicy> OneRule(std::string_view name,
                                    std::string_view description) {
  return {name, Presence::kOptional, description,
          [](const Value& value, FilePolicy& out) {
            ReadRule(value, value.node.line, out, [&](MethodRule rule) {
              (out.policy.*kAdd)(std::move(rule));
            });
          },
          [](const Field<FilePolicy>& field, const std::string& path,
             const FilePolicy&, std::vector<FieldDoc>& docs) {
            docs.push_back({path, "rule", "", false, field.description});
          }};
}

// A key with rules by name.
template <AddNamedRule kAdd>
constexpr Field<FilePolicy> NamedRules(std::string_view name,
                                       std::string_view description) {
  return {name, Presence::kOptional, description,
          [](const Value& value, FilePolicy& out) {
            if (!value.IsMapping()) return;
            for (const Node::Member& member : value.node.members) {
              ReadRule({member.value, value.PathOf(member.key), value.reading},
                       member.line, out, [&](MethodRule rule) {
                         (out.policy.*kAdd)(member.key, std::move(rule));
                       });
            }
          },
          [](const Field<FilePolicy>& field, const std::string& path,
             const FilePolicy&, std::vector<FieldDoc>& docs) {
            docs.push_back(
                {path, "mapping of rules", "", false, field.description});
          }};
}

constexpr auto kPolicy = std::to_array<Field<FilePolicy>>({
    SimpleField<FilePolicy, TextList, &FilePolicy::audiences>(
        "audiences",
        "A token must be meant for one of these. Set either here or in the "
        "guard's options."),
    NamedRules<&MethodPolicy::Method>(
        "methods", "Rules by full method name: `/shop.v1.Orders/Delete`."),
    NamedRules<&MethodPolicy::Service>(
        "services",
        "Rules by full service name, `shop.v1.Orders`: for its methods that "
        "have no rule of their own."),
    OneRule<&MethodPolicy::Default>(
        "default",
        "The rule of every other method, including those that are added later. "
        "It must not be public or optional, and it does not apply to the three "
        "services below."),
    OneRule<&MethodPolicy::Health>("health", "gRPC's health service."),
    OneRule<&MethodPolicy::Reflection>("reflection",
                                       "gRPC's server reflection."),
    OneRule<&MethodPolicy::Channelz>("channelz", "gRPC's channelz."),
});

}  // namespace

std::span<const Field<FilePolicy>> PolicyFields() { return kPolicy; }
std::span<const Field<MethodRule>> RuleFields() { return kRule; }
std::span<const Field<ClaimConditions>> ClaimFields() { return kClaim; }

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
