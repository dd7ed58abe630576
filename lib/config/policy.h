// A method policy in a file: which methods of a server want what of their
// callers. The guard makes its own policy of it.
//
// docs/policy.md is generated from the key table beside the reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace usher::config {

struct WantedClaim {
  enum class Demand { kIs, kIsOneOf, kContains, kIsPresent };

  std::vector<std::string> path;  // names, outermost first
  Demand demand = Demand::kIsPresent;
  std::vector<std::variant<std::string, bool, int64_t>> values;

  bool operator==(const WantedClaim&) const = default;
};

struct PolicyRule {
  bool is_public = false;
  std::vector<std::string> scopes;
  bool any_scope = false;  // one of them is enough
  std::vector<std::string> audiences;
  std::vector<WantedClaim> claims;
};

// One rule of the file, and where it stands.
struct PolicyStatement {
  enum class About {
    kMethod,
    kService,
    kDefault,
    kHealth,
    kReflection,
    kChannelz
  };
  About about = About::kDefault;
  std::string name;  // of a method or service
  PolicyRule rule;
  std::string path;  // "methods.shop.v1.Orders/Delete"
  int line = 1;
};

struct Policy {
  std::vector<std::string> audiences;
  std::vector<PolicyStatement> statements;
};

struct LoadedPolicy {
  // Where there are faults, what could be read all the same: good for finding
  // more faults, and for nothing else.
  Policy policy;
  // Every fault of the file's form, each led by its path and ended by its line.
  // Whether the rules make sense is for the guard to say.
  std::vector<std::string> faults;
};

// Pure.
LoadedPolicy ParsePolicy(std::string_view yaml);

// docs/policy.md, whole, from the key table, and the example in it.
std::string PolicyReference();
extern const std::string_view kPolicyExample;

}  // namespace usher::config
