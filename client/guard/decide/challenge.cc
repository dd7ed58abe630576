#include "client/guard/decide/challenge.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_join.h"
#include "lib/base/text/strings.h"

namespace usher::guard {
namespace {

// RFC 6750 section 3: %x20-21 / %x23-5B / %x5D-7E.
bool MayBeQuoted(char c) {
  return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += MayBeQuoted(c) ? c : '?';
  return quoted + '"';
}

// RFC 6749 section 3.3. A client would read any other text as another scope.
bool IsScope(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return MayBeQuoted(c) && c != ' ';
  });
}

// "shop.v1.Orders" of "/shop.v1.Orders/List".
std::string_view ServiceOf(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  return path.substr(0, path.rfind('/'));
}

// The message without the error code, which has a parameter of its own.
std::string_view Description(const Decision& refusal, std::string_view error) {
  std::string_view text = refusal.message;
  if (text.starts_with(error)) text.remove_prefix(error.size());
  if (text.starts_with(": ")) text.remove_prefix(2);
  return text;
}

}  // namespace

std::optional<std::string> Challenge(const Decision& refusal,
                                     std::string_view path) {
  if (!refusal.token_checked) return std::nullopt;
  if (refusal.reason == Reason::kTokenMissing) {
    return base::StrCat("Bearer realm=", Quote(ServiceOf(path)));
  }
  // A reason that only a newer usherd knows is still a denial of the token.
  const std::string_view error =
      refusal.reason ? InfoOf(*refusal.reason).oauth_error : "invalid_token";
  if (refusal.code == absl::StatusCode::kUnavailable || error.empty()) {
    return std::nullopt;
  }
  std::string challenge =
      base::StrCat("Bearer error=", Quote(error),
                   ", error_description=", Quote(Description(refusal, error)));
  if (!refusal.scopes.empty() &&
      std::all_of(refusal.scopes.begin(), refusal.scopes.end(), IsScope)) {
    challenge +=
        base::StrCat(", scope=", Quote(absl::StrJoin(refusal.scopes, " ")));
  }
  return challenge;
}

}  // namespace usher::guard
