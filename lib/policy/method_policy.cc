#include "usher/method_policy.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/strings.h"

namespace usher {
namespace {

constexpr std::string_view kHealth = "grpc.health.v1.Health";
constexpr auto kReflection = std::to_array<std::string_view>(
    {"grpc.reflection.v1.ServerReflection",
     "grpc.reflection.v1alpha.ServerReflection"});
constexpr std::string_view kChannelz = "grpc.channelz.v1.Channelz";

bool IsName(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    return c == '/' || c == ' ' || c == '\t';
  });
}

// "shop.v1.Orders/Delete" -> {"shop.v1.Orders", "Delete"}; both empty where the
// text has another form.
struct Parts {
  std::string_view service, method;
};
Parts Split(std::string_view path) {
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {};
  const Parts parts = {path.substr(0, slash), path.substr(slash + 1)};
  return IsName(parts.service) && IsName(parts.method) ? parts : Parts{};
}

template <typename Rules>
const MethodRule* In(const Rules& rules, std::string_view name) {
  const auto found = rules.find(name);
  return found == rules.end() ? nullptr : &found->second;
}

}  // namespace

bool MethodPolicy::IsOfGrpc(std::string_view service) {
  return service == kHealth || service == kChannelz ||
         std::find(kReflection.begin(), kReflection.end(), service) !=
             kReflection.end();
}

void MethodPolicy::CheckRule(const std::string& what, const MethodRule& rule) {
  if (rule.is_public && (!rule.scopes.empty() || !rule.audiences.empty() ||
                         !rule.claims.empty())) {
    faults_.push_back(base::StrCat(
        what, ": is public, so it cannot want scopes, audiences or claims"));
  }
  if (rule.is_public && rule.optional) {
    faults_.push_back(
        base::StrCat(what, ": must not be both public and optional"));
  }
  for (const std::string& fault : FaultsIn(rule.claims)) {
    faults_.push_back(base::StrCat(what, ": ", fault));
  }
  for (const auto* texts : {&rule.scopes, &rule.audiences}) {
    if (std::count(texts->begin(), texts->end(), "") == 0) continue;
    faults_.push_back(
        base::StrCat(what, ": a scope or an audience must not be empty"));
  }
}

void MethodPolicy::State(Rules& rules, std::string_view kind,
                         std::string_view name, MethodRule rule) {
  const std::string what = base::StrCat(kind, " ", name);
  CheckRule(what, rule);
  if (!rules.emplace(name, std::move(rule)).second) {
    faults_.push_back(base::StrCat(what, ": is spoken of twice"));
  }
}

MethodPolicy& MethodPolicy::Method(std::string_view full_method,
                                   MethodRule rule) {
  if (full_method.starts_with('/')) full_method.remove_prefix(1);
  if (Split(full_method).service.empty()) {
    faults_.push_back(
        base::StrCat("method ", full_method, ": must be SERVICE/METHOD"));
  }
  State(methods_, "method", full_method, std::move(rule));
  return *this;
}

MethodPolicy& MethodPolicy::Service(std::string_view service, MethodRule rule) {
  if (!IsName(service)) {
    faults_.push_back(base::StrCat("service ", service,
                                   ": must be its full name, package.Service"));
  }
  State(services_, "service", service, std::move(rule));
  return *this;
}

MethodPolicy& MethodPolicy::Default(MethodRule rule) {
  CheckRule("default", rule);
  if (rule.is_public) {
    faults_.push_back("default: must not be public: name the methods that are");
  }
  if (rule.optional) {
    faults_.push_back(
        "default: must not be optional: name the methods that are");
  }
  if (default_) faults_.push_back("default: is spoken of twice");
  default_ = std::move(rule);
  return *this;
}

MethodPolicy& MethodPolicy::Health(MethodRule rule) {
  return Service(kHealth, std::move(rule));
}

MethodPolicy& MethodPolicy::Reflection(MethodRule rule) {
  for (const std::string_view service : kReflection) Service(service, rule);
  return *this;
}

MethodPolicy& MethodPolicy::Channelz(MethodRule rule) {
  return Service(kChannelz, std::move(rule));
}

const MethodRule* MethodPolicy::Find(std::string_view path) const {
  if (!path.starts_with('/')) return nullptr;
  path.remove_prefix(1);
  if (const MethodRule* rule = In(methods_, path)) return rule;
  const Parts parts = Split(path);
  if (parts.service.empty()) return nullptr;
  if (const MethodRule* rule = In(services_, parts.service)) return rule;
  return default_ && !IsOfGrpc(parts.service) ? &*default_ : nullptr;
}

MethodPolicy MethodPolicy::WithAudiences(
    std::span<const std::string> audiences) const {
  MethodPolicy whole = *this;
  const auto fill = [&](MethodRule& rule) {
    if (rule.audiences.empty() && !rule.is_public) {
      rule.audiences.assign(audiences.begin(), audiences.end());
    }
  };
  for (auto& [name, rule] : whole.methods_) fill(rule);
  for (auto& [name, rule] : whole.services_) fill(rule);
  if (whole.default_) fill(*whole.default_);
  return whole;
}

}  // namespace usher
