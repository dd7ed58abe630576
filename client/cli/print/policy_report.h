// What a policy requires for each method of a server.
#pragma once

#include <string>
#include <vector>

#include "client/cli/base/console.h"
#include "client/cli/base/methods.h"
#include "lib/policy/policy_file.h"

namespace usher::cli {

class PolicyReport {
 public:
  PolicyReport(std::string name, policy::FilePolicy file);

  // Finds the rule of each method, and the rules that match no method. Does
  // nothing if the file has errors: then there is no policy.
  void Evaluate(const Methods& methods);

  // No errors, no rule without a method, and a rule for each method. Methods
  // that gRPC itself adds need no rule.
  bool is_ok() const {
    return file_.errors.empty() && unused_.empty() && !gap_;
  }

  void Print(Console& console) const;
  std::string Json() const;

 private:
  struct Row {
    std::string method;  // "/shop.v1.Orders/Delete"
    const MethodRule* rule;
    std::string_view by;  // "method", "service", "default" or "nothing"
  };
  std::string Requirements(const MethodRule& rule) const;
  std::string Summary() const;

  const std::string name_;
  const policy::FilePolicy file_;
  bool evaluated_ = false;
  std::vector<Row> rows_;
  std::vector<std::string> unused_;  // rules that match no method
  bool gap_ = false;
};

}  // namespace usher::cli
