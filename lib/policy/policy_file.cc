#include "lib/policy/policy_file.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/strings.h"
#include "lib/config/files.h"
#include "lib/config/node.h"
#include "lib/config/policy.h"

namespace usher::guard {
namespace {

using About = config::PolicyStatement::About;
using Demand = config::WantedClaim::Demand;

ClaimValue ValueOf(const std::variant<std::string, bool, int64_t>& value) {
  return std::visit([](const auto& held) { return ClaimValue(held); }, value);
}

ClaimRule RuleOf(const config::WantedClaim& wanted) {
  const Claim claim{ClaimPath(wanted.path)};
  std::vector<ClaimValue> values;
  for (const auto& value : wanted.values) values.push_back(ValueOf(value));
  switch (wanted.demand) {
    case Demand::kIs:
      return claim.Is(values.at(0));
    case Demand::kIsOneOf:
      return claim.IsOneOf(std::move(values));
    case Demand::kContains:
      return claim.Contains(values.at(0));
    case Demand::kIsPresent:
      break;
  }
  return claim.IsPresent();
}

MethodRule RuleOf(const config::PolicyRule& rule) {
  MethodRule made = {
      .scopes = rule.scopes,
      .scope_match = rule.any_scope ? ScopeMatch::kAny : ScopeMatch::kAll,
      .audiences = rule.audiences,
      .is_public = rule.is_public};
  for (const auto& wanted : rule.claims) made.claims.push_back(RuleOf(wanted));
  return made;
}

void State(const config::PolicyStatement& statement, MethodPolicy& policy) {
  MethodRule rule = RuleOf(statement.rule);
  switch (statement.about) {
    case About::kMethod:
      policy.Method(statement.name, std::move(rule));
      return;
    case About::kService:
      policy.Service(statement.name, std::move(rule));
      return;
    case About::kDefault:
      policy.Default(std::move(rule));
      return;
    case About::kHealth:
      policy.Health(std::move(rule));
      return;
    case About::kReflection:
      policy.Reflection(std::move(rule));
      return;
    case About::kChannelz:
      policy.Channelz(std::move(rule));
      return;
  }
}

// "method a.B/C: is spoken of twice" -> "is spoken of twice": the path in the
// file says the rest.
std::string_view WithoutLead(std::string_view fault) {
  const size_t colon = fault.find(": ");
  return colon == std::string_view::npos ? fault : fault.substr(colon + 2);
}

}  // namespace

FilePolicy ParsePolicyFile(std::string_view yaml) {
  config::LoadedPolicy loaded = config::ParsePolicy(yaml);
  FilePolicy file;
  file.audiences = std::move(loaded.policy.audiences);
  file.faults = std::move(loaded.faults);
  for (const auto& statement : loaded.policy.statements) {
    const size_t before = file.policy.faults().size();
    State(statement, file.policy);
    for (const std::string& fault : file.policy.faults().subspan(before)) {
      std::string told =
          config::AtLine(base::StrCat(statement.path, ": ", WithoutLead(fault)),
                         statement.line);
      // The one word on reflection is two rules.
      if (std::find(file.faults.begin(), file.faults.end(), told) ==
          file.faults.end()) {
        file.faults.push_back(std::move(told));
      }
    }
  }
  return file;
}

absl::StatusOr<std::string> ReadPolicyFile(const std::string& path) {
  return config::ReadFile(path, config::kMaxYamlSize);
}

}  // namespace usher::guard
