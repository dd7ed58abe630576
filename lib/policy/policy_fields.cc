#include "lib/policy/policy_fields.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "lib/policy/claim_fields.h"
#include "lib/yaml/codecs.h"
#include "lib/yaml/did_you_mean.h"
#include "lib/yaml/field_kinds.h"

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

struct ClaimsCodec {
  static std::string TypeName() { return "mapping of claims"; }
  static void Read(const Value& value, std::vector<ClaimRule>& out) {
    ForEachClaim(value, [&](const Value& claim, ClaimPath path) {
      ClaimConditions conditions = {std::move(path), {}};
      ReadConditions<ClaimConditions>(claim, kClaimFields<ClaimConditions>,
                                      conditions);
      std::ranges::move(conditions.rules, std::back_inserter(out));
    });
  }
  static std::string Format(const std::vector<ClaimRule>&) { return ""; }
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
std::span<const Field<ClaimConditions>> ClaimFields() {
  return kClaimFields<ClaimConditions>;
}
}  // namespace usher::policy
