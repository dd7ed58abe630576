#include "lib/yaml/report.h"

#include <utility>

namespace usher::yaml {
namespace {

// "issuers[1]" for "issuers[1].name"; "" for a path of one step.
std::string_view Parent(std::string_view path) {
  const size_t last = path.find_last_of(".[");
  return path.substr(0, last == std::string_view::npos ? 0 : last);
}

}  // namespace

void Report::AddError(std::string_view path, int line,
                      std::string_view message) {
  unread_.emplace(path);
  AddErrorInside(path, line, message);
}

void Report::AddErrorInside(std::string_view path, int line,
                            std::string_view message) {
  for (std::string_view at = path; !at.empty(); at = Parent(at)) {
    if (!invalid_.emplace(at).second) break;
  }
  if (++count_ > kMaxErrors) return;
  const std::string_view subject = path.empty() ? file_kind_ : path;
  errors_.push_back(WithLine(base::StrCat(subject, ": ", message), line));
}

bool Report::IsConsequence(std::string_view path) const {
  if (invalid_.contains(path)) return true;
  for (; !path.empty(); path = Parent(path)) {
    if (unread_.contains(path)) return true;
  }
  return false;
}

void Report::AddCheckError(std::string_view path, std::string_view message) {
  if (IsConsequence(path)) return;
  AddError(path, LineAt(root_, path), message);
}

void Report::AddCheckError(std::string_view error) {
  const size_t colon = error.find(": ");
  if (colon == std::string_view::npos) return AddCheckError("", error);
  AddCheckError(error.substr(0, colon), error.substr(colon + 2));
}

void Report::AddWarning(std::string_view path, std::string_view message) {
  warnings_.push_back(base::StrCat(path, ": ", message));
}

std::vector<std::string> Report::TakeErrors() && {
  if (count_ > kMaxErrors) {
    errors_.push_back(base::StrCat(file_kind_, ": and ", count_ - kMaxErrors,
                                   " more errors"));
  }
  return std::move(errors_);
}

}  // namespace usher::yaml
