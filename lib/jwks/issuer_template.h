// An issuer with a placeholder for the tenant of a multi-tenant provider:
// "https://login.example.com/{tenantid}/v2.0". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace usher::jwks {

// An immutable value. The placeholder is one whole segment of the path, so a
// tenant never becomes part of the scheme, the host or the port.
class IssuerTemplate {
 public:
  static constexpr size_t kMaxTenant = 64;
  static constexpr std::string_view kTenantRule =
      "must be 1 to 64 characters of A-Z, a-z, 0-9 and -";
  static bool IsTenant(std::string_view text);

  // Whether `text` has a brace, which no URL has.
  static bool IsTemplate(std::string_view text) {
    return text.find_first_of("{}") != std::string_view::npos;
  }

  // The message of an error can follow the name of a setting. Whether the text
  // is otherwise a URL is not checked.
  static absl::StatusOr<IssuerTemplate> Parse(std::string_view text);

  // The tenant of `iss`. Nothing if `iss` is not the template with a tenant for
  // the placeholder.
  std::optional<std::string_view> TenantOf(std::string_view iss) const;

  // The template with `tenant` for the placeholder.
  std::string IssuerOf(std::string_view tenant) const;

 private:
  IssuerTemplate(std::string_view before, std::string_view after)
      : before_(before), after_(after) {}

  std::string before_;
  std::string after_;
};

// Whether `named`, which a provider wrote, means the issuer `iss`: the same
// text, or a template of which `iss` is one tenant's.
bool MeansIssuer(std::string_view named, std::string_view iss);

}  // namespace usher::jwks
