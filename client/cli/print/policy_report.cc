#include "client/cli/print/policy_report.h"

#include <algorithm>
#include <utility>

#include "client/cli/print/format.h"
#include "client/cli/print/table.h"
#include "lib/base/json_writer.h"
#include "lib/base/text/strings.h"
#include "lib/yaml/did_you_mean.h"
#include "usher/reason.h"

namespace usher::cli {
namespace {

std::string_view ServiceOf(std::string_view method) {
  return method.substr(0, method.find('/'));
}

std::vector<std::string> TextsOf(const std::vector<ClaimRule>& rules) {
  std::vector<std::string> texts;
  for (const ClaimRule& rule : rules) texts.push_back(rule.Text());
  return texts;
}

std::string Refused() {
  return base::StrCat("REFUSED: ", InfoOf(Reason::kMethodNotInPolicy).name);
}

// Which part of the policy decides about `method`.
std::string_view By(const MethodPolicy& policy, std::string_view method) {
  if (policy.Find(base::StrCat("/", method)) == nullptr) return "nothing";
  if (policy.methods().contains(method)) return "method";
  return policy.services().contains(ServiceOf(method)) ? "service" : "default";
}

std::string UnusedRule(std::string_view what, std::string_view name,
                       const std::vector<std::string_view>& candidates) {
  return base::StrCat("the rule for ", what, " ", name, " matches no method",
                      yaml::DidYouMean(name, candidates));
}

}  // namespace

PolicyReport::PolicyReport(std::string name, policy::FilePolicy file)
    : name_(std::move(name)), file_(std::move(file)) {}

void PolicyReport::Evaluate(const Methods& methods) {
  if (!file_.errors.empty()) return;
  evaluated_ = true;
  const MethodPolicy& policy = file_.policy;
  std::vector<std::string_view> names, services;
  for (const std::string& method : methods) {
    const std::string path = base::StrCat("/", method);
    const MethodRule* rule = policy.Find(path);
    rows_.push_back({path, rule, By(policy, method)});
    gap_ =
        gap_ || (rule == nullptr && !MethodPolicy::IsOfGrpc(ServiceOf(method)));
    names.push_back(method);
    services.push_back(ServiceOf(method));
  }
  const auto is_in = [](const auto& all, std::string_view name) {
    return std::find(all.begin(), all.end(), name) != all.end();
  };
  for (const auto& [name, rule] : policy.methods()) {
    if (is_in(names, name) || MethodPolicy::IsOfGrpc(ServiceOf(name))) continue;
    unused_.push_back(UnusedRule("method", name, names));
  }
  for (const auto& [name, rule] : policy.services()) {
    if (is_in(services, name) || MethodPolicy::IsOfGrpc(name)) continue;
    unused_.push_back(UnusedRule("service", name, services));
  }
}

std::string PolicyReport::Requirements(const MethodRule& rule) const {
  if (rule.is_public) return "public";
  std::string text = rule.optional ? "optional token" : "token";
  if (!rule.scopes.empty()) {
    const bool any =
        rule.scopes.size() > 1 && rule.scope_match == ScopeMatch::kAny;
    text += base::StrCat(
        "; ", any ? "any scope of: " : "scopes: ", Join(rule.scopes));
  }
  const auto& audiences =
      rule.audiences.empty() ? file_.audiences : rule.audiences;
  if (!audiences.empty()) text += "; audiences: " + Join(audiences);
  if (!rule.claims.empty()) {
    text += "; claims: " + Join(TextsOf(rule.claims));
  }
  return text;
}

std::string PolicyReport::Summary() const {
  const auto count = [](size_t number, std::string_view what) {
    return base::StrCat(number, " ", what, number == 1 ? "" : "s");
  };
  if (!file_.errors.empty()) return count(file_.errors.size(), "error");
  if (!evaluated_) {
    return "no errors; --server or --descriptors compare it with a server's "
           "methods";
  }
  const size_t refused =
      std::count_if(rows_.begin(), rows_.end(),
                    [](const Row& row) { return row.rule == nullptr; });
  return base::StrCat(count(rows_.size(), "method"), ", ", refused,
                      " of them refused for all callers, ",
                      count(unused_.size(), "rule"), " without a method");
}

void PolicyReport::Print(Console& console) const {
  if (!rows_.empty()) {
    std::vector<std::vector<std::string>> table = {{"METHOD", "BY", "WANTS"}};
    for (const Row& row : rows_) {
      table.push_back(
          {Visible(row.method), std::string(row.by),
           row.rule == nullptr ? Refused() : Visible(Requirements(*row.rule))});
    }
    PrintTable(table, console.out);
    console.out << "\n";
  }
  for (const std::string& error : file_.errors) {
    console.out << console.paint(Colour::kRed, "error") << "    "
                << Visible(error) << "\n";
  }
  for (const std::string& rule : unused_) {
    console.out << console.paint(Colour::kYellow, "warning") << "  "
                << Visible(rule) << "\n";
  }
  console.out << Visible(name_) << ": "
              << console.paint(is_ok() ? Colour::kGreen : Colour::kRed,
                               is_ok() ? "OK" : "not OK")
              << ", " << Summary() << "\n";
}

std::string PolicyReport::Json() const {
  std::string methods;
  for (const Row& row : rows_) {
    base::JsonObject object;
    object.Add("method", row.method).Add("by", row.by);
    if (row.rule == nullptr) {
      object.Add("verdict", "refused")
          .Add("reason", InfoOf(Reason::kMethodNotInPolicy).name);
    } else if (row.rule->is_public) {
      object.Add("verdict", "public");
    } else {
      const MethodRule& rule = *row.rule;
      object.Add("verdict", "token")
          .Add("scopes", rule.scopes)
          .Add("scope_match",
               rule.scope_match == ScopeMatch::kAny ? "any" : "all")
          .Add("audiences",
               rule.audiences.empty() ? file_.audiences : rule.audiences)
          .Add("claims", TextsOf(rule.claims))
          .Add("optional", rule.optional);
    }
    methods += base::StrCat(methods.empty() ? "" : ",", object.Text());
  }
  base::JsonObject whole;
  whole.Add("file", name_)
      .Add("fine", is_ok())
      .Add("faults", file_.errors)
      .Add("unmatched_rules", unused_)
      .AddRaw("methods", base::StrCat("[", methods, "]"));
  return whole.Text();
}

}  // namespace usher::cli
