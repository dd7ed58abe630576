#include "lib/config/report.h"

#include <utility>

namespace usher::config {

void Report::Fault(std::string_view path, int line, std::string_view message) {
  Remember(path);
  if (++count_ > kMaxFaults) return;
  const std::string_view led_by = path.empty() ? "configuration" : path;
  faults_.push_back(AtLine(base::StrCat(led_by, ": ", message), line));
}

void Report::Later(std::string_view path, std::string_view message) {
  if (faulty_.contains(path)) return;
  Fault(path, LineAt(root_, path), message);
}

void Report::Later(std::string_view fault) {
  const size_t colon = fault.find(": ");
  if (colon == std::string_view::npos) return Later("", fault);
  Later(fault.substr(0, colon), fault.substr(colon + 2));
}

void Report::Warn(std::string_view path, std::string_view message) {
  warnings_.push_back(base::StrCat(path, ": ", message));
}

std::vector<std::string> Report::TakeFaults() && {
  if (count_ > kMaxFaults) {
    faults_.push_back(base::StrCat("configuration: and ", count_ - kMaxFaults,
                                   " more faults"));
  }
  return std::move(faults_);
}

void Report::Remember(std::string_view path) {
  while (!path.empty() && faulty_.emplace(path).second) {
    const size_t last = path.find_last_of(".[");
    path = path.substr(0, last == std::string_view::npos ? 0 : last);
  }
}

}  // namespace usher::config
