#include "lib/config/report.h"

#include <utility>

namespace usher::config {
namespace {

// The path of what `path` stands in: "issuers[1]" of "issuers[1].name".
std::string_view Above(std::string_view path) {
  const size_t last = path.find_last_of(".[");
  return path.substr(0, last == std::string_view::npos ? 0 : last);
}

}  // namespace

void Report::Fault(std::string_view path, int line, std::string_view message) {
  unread_.emplace(path);
  FaultInside(path, line, message);
}

void Report::FaultInside(std::string_view path, int line,
                         std::string_view message) {
  for (std::string_view up = path; !up.empty(); up = Above(up)) {
    if (!faulty_.emplace(up).second) break;
  }
  if (++count_ > kMaxFaults) return;
  const std::string_view led_by = path.empty() ? whole_ : path;
  faults_.push_back(AtLine(base::StrCat(led_by, ": ", message), line));
}

bool Report::IsConsequence(std::string_view path) const {
  if (faulty_.contains(path)) return true;
  for (; !path.empty(); path = Above(path)) {
    if (unread_.contains(path)) return true;
  }
  return false;
}

void Report::Later(std::string_view path, std::string_view message) {
  if (IsConsequence(path)) return;
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
    faults_.push_back(
        base::StrCat(whole_, ": and ", count_ - kMaxFaults, " more faults"));
  }
  return std::move(faults_);
}

}  // namespace usher::config
