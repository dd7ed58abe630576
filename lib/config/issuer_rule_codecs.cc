#include "lib/config/issuer_rule_codecs.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/jwks/issuer_template.h"
#include "lib/yaml/field_kinds.h"

namespace usher::config {
namespace {

using yaml::EmptyText;
using yaml::Node;
using yaml::Value;

void AddPattern(const Value& value, std::string_view text,
                std::vector<pattern::Pattern>& out) {
  auto pattern = pattern::Pattern::Create(text);
  if (!pattern.ok()) {
    return value.AddError(base::Std(pattern.status().message()));
  }
  out.push_back(*std::move(pattern));
}

// One pattern, or a list of which one must match.
struct MatchesCodec {
  static std::string TypeName() { return "RE2 pattern, or a list of them"; }
  static void Read(const Value& value, IssuerClaim& out) {
    if (value.node.kind != Node::Kind::kList) {
      if (const auto text = value.Text())
        AddPattern(value, *text, out.patterns);
      return;
    }
    yaml::ForEachText(value, EmptyText::kInvalid,
                      [&](const Value& element, std::string_view text) {
                        AddPattern(element, text, out.patterns);
                      });
  }
  static std::string Format(const IssuerClaim&) { return ""; }
};

template <size_t kSize>
constexpr std::array<yaml::Field<IssuerClaim>, kSize + 1> With(
    const std::array<yaml::Field<IssuerClaim>, kSize>& fields,
    yaml::Field<IssuerClaim> last) {
  return [&]<size_t... kIndex>(std::index_sequence<kIndex...>) {
    return std::array{fields[kIndex]..., last};
  }
  (std::make_index_sequence<kSize>());
}

constexpr auto kIssuerClaim =
    With(policy::kClaimFields<IssuerClaim>,
         yaml::SimpleField<IssuerClaim, MatchesCodec>(
             "matches",
             "The claim is a text, or an array with a text, that matches the "
             "pattern, or one of the patterns, as a whole."));

std::vector<std::string_view> PresetNames() {
  std::vector<std::string_view> names;
  for (const auto& preset : token::AccessTokenPresets()) {
    names.push_back(preset.name);
  }
  return names;
}

void AddTwice(const Value& value) {
  value.AddError("must not be combined with the other key of access_token");
}

}  // namespace

std::span<const yaml::Field<IssuerClaim>> IssuerClaimFields() {
  return kIssuerClaim;
}

void ClaimRulesCodec::Read(const Value& value, token::ClaimRules& out) {
  policy::ForEachClaim(value, [&](const Value& claim, ClaimPath path) {
    IssuerClaim conditions;
    conditions.path = std::move(path);
    policy::ReadConditions<IssuerClaim>(claim, kIssuerClaim, conditions);
    if (!conditions.patterns.empty()) {
      out.patterns.push_back({conditions.path, std::move(conditions.patterns)});
    }
    std::ranges::move(conditions.rules, std::back_inserter(out.claims));
  });
  for (const std::string& error : Validate(out.claims)) value.AddError(error);
}

void OptionalTextList::Read(const Value& value,
                            std::optional<std::vector<std::string>>& out) {
  yaml::TextList::Read(value, out.emplace());
}

void TenantList::Read(const Value& value,
                      std::optional<std::set<std::string, std::less<>>>& out) {
  out.emplace();
  yaml::ForEachText(value, EmptyText::kInvalid,
                    [&](const Value& element, std::string_view tenant) {
                      if (!jwks::IssuerTemplate::IsTenant(tenant)) {
                        element.AddError(jwks::IssuerTemplate::kTenantRule);
                      }
                      out->emplace(tenant);
                    });
}

void PatternText::Read(const Value& value,
                       std::optional<pattern::Pattern>& out) {
  const auto text = value.Text();
  if (!text) return;
  std::vector<pattern::Pattern> patterns;
  AddPattern(value, *text, patterns);
  if (!patterns.empty()) out = std::move(patterns.front());
}

void AccessTokenClaims::Read(const Value& value,
                             std::optional<token::AccessTokenMark>& out) {
  if (out) return AddTwice(value);
  yaml::TextList::Read(value, out.emplace().has_any);
}

std::string AccessTokenPresetName::TypeName() {
  return base::Join(PresetNames(), ", ");
}

void AccessTokenPresetName::Read(const Value& value,
                                 std::optional<token::AccessTokenMark>& out) {
  const auto text = value.Text();
  if (!text) return;
  if (out) return AddTwice(value);
  const auto presets = token::AccessTokenPresets();
  const auto row =
      std::ranges::find(presets, *text, &token::AccessTokenPreset::name);
  if (row == presets.end()) {
    return yaml::AddUnknownNameError(value, "preset", *text, PresetNames());
  }
  out.emplace().has_any.assign(row->has_any.begin(), row->has_any.end());
}

}  // namespace usher::config
