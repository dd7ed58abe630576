#include "lib/pattern/pattern.h"

#include <utility>

#include "lib/base/text/strings.h"
#include "re2/re2.h"

namespace usher::pattern {
namespace {

absl::Status Error(std::string_view text) {
  return absl::InvalidArgumentError(base::Absl(text));
}

}  // namespace

absl::StatusOr<Pattern> Pattern::Create(std::string_view text) {
  if (text.empty()) return Error("must not be empty");
  if (text.size() > kMaxSize) {
    return Error(base::StrCat("is longer than ", kMaxSize, " characters"));
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(kMaxBytes);
  auto compiled = std::make_shared<const re2::RE2>(
      re2::StringPiece(text.data(), text.size()), options);
  if (compiled->error_code() == re2::RE2::ErrorPatternTooLarge) {
    return Error("is too large a pattern: use fewer or smaller repetitions");
  }
  if (!compiled->ok()) {
    return Error(base::StrCat("is not a valid pattern: ", compiled->error()));
  }
  return Pattern(std::string(text), std::move(compiled));
}

bool Pattern::Matches(std::string_view text) const {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()),
                             *compiled_);
}

}  // namespace usher::pattern
