#include "lib/jwks/issuer_template.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "lib/base/text/strings.h"

namespace usher::jwks {
namespace {

bool IsTenantCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
}

absl::Status Error(std::string_view text) {
  return absl::InvalidArgumentError(base::Absl(text));
}

}  // namespace

bool IssuerTemplate::IsTenant(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTenant &&
         std::all_of(text.begin(), text.end(), IsTenantCharacter);
}

absl::StatusOr<IssuerTemplate> IssuerTemplate::Parse(std::string_view text) {
  const size_t open = text.find('{');
  const size_t close = text.find('}');
  if (open == std::string_view::npos || close == std::string_view::npos ||
      close < open + 2 || text.find('{', open + 1) != std::string_view::npos ||
      text.find('}', close + 1) != std::string_view::npos) {
    return Error("must have exactly one placeholder, such as {tenant}");
  }
  const std::string_view before = text.substr(0, open);
  const std::string_view after = text.substr(close + 1);
  const size_t host = before.find("://");
  const size_t path = host == std::string_view::npos
                          ? std::string_view::npos
                          : before.find('/', host + 3);
  if (path == std::string_view::npos || before.back() != '/' ||
      (!after.empty() && after.front() != '/')) {
    return Error(
        "must have its placeholder as one whole segment of the path: "
        "https://login.example.com/{tenant}/v2.0");
  }
  return IssuerTemplate(before, after);
}

std::optional<std::string_view> IssuerTemplate::TenantOf(
    std::string_view iss) const {
  if (iss.size() <= before_.size() + after_.size() ||
      !iss.starts_with(before_) || !iss.ends_with(after_)) {
    return std::nullopt;
  }
  const std::string_view tenant =
      iss.substr(before_.size(), iss.size() - before_.size() - after_.size());
  if (!IsTenant(tenant)) return std::nullopt;
  return tenant;
}

std::string IssuerTemplate::IssuerOf(std::string_view tenant) const {
  return base::StrCat(before_, tenant, after_);
}

bool MeansIssuer(std::string_view named, std::string_view iss) {
  if (named == iss) return true;
  if (!IssuerTemplate::IsTemplate(named)) return false;
  const auto pattern = IssuerTemplate::Parse(named);
  return pattern.ok() && pattern->TenantOf(iss).has_value();
}

}  // namespace usher::jwks
