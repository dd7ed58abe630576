// What a policy says of each method of a server.
#pragma once

#include <string>
#include <vector>

#include "client/cli/console.h"
#include "client/cli/remote/server_methods.h"
#include "lib/policy/policy_file.h"

namespace usher::cli {

class PolicyReport {
 public:
  PolicyReport(std::string name, guard::FilePolicy file);

  // Looks at each method, and for rules that are of none. Not where the file
  // has faults: then there is no policy.
  void Judge(const Methods& methods);

  // No fault, no rule without a method, and a word on each method but those
  // that gRPC itself adds, on which silence is a word too.
  bool fine() const { return file_.faults.empty() && unused_.empty() && !gap_; }

  void Print(Console& console) const;
  std::string Json() const;

 private:
  struct Row {
    std::string method;  // "/shop.v1.Orders/Delete"
    const MethodRule* rule;
    std::string_view by;  // "method", "service", "default" or "nothing"
  };
  std::string Wants(const MethodRule& rule) const;
  std::string Summary() const;

  const std::string name_;
  const guard::FilePolicy file_;
  bool judged_ = false;
  std::vector<Row> rows_;
  std::vector<std::string> unused_;  // rules, in words
  bool gap_ = false;
};

}  // namespace usher::cli
