#include "usher/method_policy.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/text/strings.h"

namespace usher {
namespace {

constexpr std::string_view kHealth = "grpc.health.v1.Health";
constexpr auto kReflection = std::to_array<std::string_view>(
    {"grpc.reflection.v1.ServerReflection",
     "grpc.reflection.v1alpha.ServerReflection"});
constexpr std::string_view kChannelz = "grpc.channelz.v1.Channelz";

// A byte that a path cannot have: gRPC and proxies would not agree on where the
// path ends. gRPC's C++ layer ends it at NUL.
bool IsAmbiguous(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '?' ||
         c == '#' || c == '/';
}

bool IsName(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), IsAmbiguous);
}

// A name in a policy. Nothing is a wildcard.
bool IsRuleName(std::string_view text) {
  return IsName(text) && text.find('*') == std::string_view::npos;
}

std::string_view HintFor(std::string_view name) {
  return name.find('*') == std::string_view::npos
             ? ""
             : "; there are no wildcards: give a rule to the service, or to "
               "the default";
}

// RFC 6749 section 3.3.
bool IsScope(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\';
  });
}

// "shop.v1.Orders/Delete" -> {"shop.v1.Orders", "Delete"}. Both are empty if
// the text has another form.
struct MethodName {
  std::string_view service, method;
};
MethodName Split(std::string_view path) {
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {};
  const MethodName name = {path.substr(0, slash), path.substr(slash + 1)};
  return IsName(name.service) && IsName(name.method) ? name : MethodName{};
}

template <typename Rules>
const MethodRule* FindIn(const Rules& rules, std::string_view name) {
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
    errors_.push_back(base::StrCat(
        what, ": a public method cannot require scopes, audiences or claims"));
  }
  if (rule.is_public && rule.optional) {
    errors_.push_back(
        base::StrCat(what, ": must not be both public and optional"));
  }
  for (const std::string& error : Validate(rule.claims)) {
    errors_.push_back(base::StrCat(what, ": ", error));
  }
  for (const std::string& scope : rule.scopes) {
    if (IsScope(scope)) continue;
    errors_.push_back(base::StrCat(
        what, ": no token can have the scope \"", scope,
        "\": a scope is printable ASCII without spaces, \" and \\. List "
        "several scopes one by one"));
  }
  if (std::count(rule.audiences.begin(), rule.audiences.end(), "") > 0) {
    errors_.push_back(base::StrCat(what, ": an audience must not be empty"));
  }
}

void MethodPolicy::Add(Rules& rules, std::string_view kind,
                       std::string_view name, MethodRule rule) {
  const std::string what = base::StrCat(kind, " ", name);
  CheckRule(what, rule);
  if (!rules.emplace(name, std::move(rule)).second) {
    errors_.push_back(base::StrCat(what, ": listed twice"));
  }
}

MethodPolicy& MethodPolicy::Method(std::string_view full_method,
                                   MethodRule rule) {
  if (full_method.starts_with('/')) full_method.remove_prefix(1);
  const MethodName name = Split(full_method);
  if (!IsRuleName(name.service) || !IsRuleName(name.method)) {
    errors_.push_back(base::StrCat("method ", full_method,
                                   ": must be SERVICE/METHOD",
                                   HintFor(full_method)));
  }
  Add(methods_, "method", full_method, std::move(rule));
  return *this;
}

MethodPolicy& MethodPolicy::Service(std::string_view service, MethodRule rule) {
  if (!IsRuleName(service)) {
    errors_.push_back(base::StrCat(
        "service ", service, ": must be a full service name, package.Service",
        HintFor(service)));
  }
  Add(services_, "service", service, std::move(rule));
  return *this;
}

MethodPolicy& MethodPolicy::Default(MethodRule rule) {
  CheckRule("default", rule);
  if (rule.is_public) {
    errors_.push_back("default: must not be public: name the methods that are");
  }
  if (rule.optional) {
    errors_.push_back(
        "default: must not be optional: name the methods that are");
  }
  if (default_) errors_.push_back("default: listed twice");
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
  if (const MethodRule* rule = FindIn(methods_, path)) return rule;
  const MethodName name = Split(path);
  if (name.service.empty()) return nullptr;
  if (const MethodRule* rule = FindIn(services_, name.service)) return rule;
  return default_ && !IsOfGrpc(name.service) ? &*default_ : nullptr;
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
