// docs/reasons.md: the prose is here, the rows come from the table of reasons.
#include <array>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "lib/base/text/strings.h"
#include "tests/docs/pages.h"
#include "usher/reason.h"

namespace usher::docs {
namespace {

using base::StrCat;

constexpr std::string_view kOpening = R"(# Reasons

Why a token was not accepted. The name is the same everywhere: in answers
(`usher.v1.Reason`, and `reason` of `google.rpc.ErrorInfo` with domain `usher.dev`),
in logs, and as the `reason` label of metrics.

There are two kinds:

- **Denied**: the token is not accepted, and a retry does not change that.
- **Undecided**: something that is needed for the verdict is not available. The
  request is not admitted, but the token may be valid, so the client should retry.
  Never treat such a token as invalid: a network failure must not sign users out.

The checks run in the order of this page. A token that fails several checks gets the
first reason. So a forged token does not reveal what its claims would have met, and
the owner of a revoked token is not asked to request more scopes.

`Verify` returns status OK for a denied token: the RPC itself succeeded. The gRPC and
HTTP codes below are those that the *protected* service returns to its caller. The
OAuth error is the error code of RFC 6750, section 3.1, in `www-authenticate`.

`usher explain` shows every check of one token.

)";

struct CodeName {
  absl::StatusCode code;
  std::string_view name;
};
constexpr auto kCodes = std::to_array<CodeName>({
    {absl::StatusCode::kUnauthenticated, "UNAUTHENTICATED"},
    {absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"},
    {absl::StatusCode::kUnavailable, "UNAVAILABLE"},
    {absl::StatusCode::kResourceExhausted, "RESOURCE_EXHAUSTED"},
});

std::string NameOf(absl::StatusCode code) {
  for (const CodeName& row : kCodes) {
    if (row.code == code) return std::string(row.name);
  }
  return StrCat("code ", static_cast<int>(code));
}

// The anchor of a heading, as forges generate it.
std::string AnchorOf(std::string_view heading) {
  return absl::AsciiStrToLower(base::Absl(heading));
}

std::string Section(std::string_view title, bool undecided) {
  std::string out = StrCat("## ", title, "\n\n");
  out += "| Reason | Number | gRPC | HTTP | OAuth error |\n";
  out += "|---|---|---|---|---|\n";
  for (const ReasonInfo& row : Reasons()) {
    if (row.undecided != undecided) continue;
    out += StrCat("| [", row.name, "](#", AnchorOf(row.name), ") | ",
                  static_cast<int>(row.reason), " | ", NameOf(row.code), " | ",
                  row.http_status, " | ", row.oauth_error, " |\n");
  }
  for (const ReasonInfo& row : Reasons()) {
    if (row.undecided != undecided) continue;
    out += StrCat("\n### ", row.name, "\n\n", row.meaning, "\n\n*What to do:* ",
                  row.advice, "\n");
  }
  return out;
}

}  // namespace

std::string ReasonsPage() {
  return StrCat(kOpening, Section("Denied", false), "\n",
                Section("Undecided", true));
}

}  // namespace usher::docs
