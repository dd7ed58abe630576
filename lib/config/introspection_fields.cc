#include "lib/config/introspection_fields.h"

#include <vector>

namespace usher::config {
namespace {

// Only those that need something of Usher's: a public client has no proof, and
// an endpoint that asks for none shows every token's claims to anyone.
std::vector<std::string_view> MethodNames() {
  std::vector<std::string_view> names;
  for (const auto& row : oauth::ClientAuthMethods()) {
    if (row.method != oauth::ClientAuthMethod::kNone) names.push_back(row.name);
  }
  return names;
}

}  // namespace

std::string ClientAuthMethodName::TypeName() {
  return base::Join(MethodNames(), " | ");
}

void ClientAuthMethodName::Read(const yaml::Value& value,
                                oauth::ClientAuthMethod& out) {
  const auto name = value.Text();
  if (!name) return;
  for (const auto& row : oauth::ClientAuthMethods()) {
    if (row.name != *name || row.method == oauth::ClientAuthMethod::kNone) {
      continue;
    }
    out = row.method;
    return;
  }
  yaml::AddUnknownNameError(value, "method", *name, MethodNames());
}

std::string ClientAuthMethodName::Format(oauth::ClientAuthMethod method) {
  return std::string(oauth::InfoOf(method).name);
}

void AlgorithmName::Read(const yaml::Value& value, jose::Alg& out) {
  const auto name = value.Text();
  if (!name) return;
  std::vector<std::string_view> names;
  for (const jose::AlgInfo& row : jose::Algs()) {
    names.push_back(row.name);
    if (row.name != *name) continue;
    out = row.alg;
    return;
  }
  yaml::AddUnknownNameError(value, "algorithm", *name, names);
}

std::string AlgorithmName::Format(jose::Alg alg) {
  return std::string(jose::InfoOf(alg).name);
}

}  // namespace usher::config
