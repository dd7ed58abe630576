// docs/reasons.md: prose here, the rows from the table of reasons.
#include <array>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "lib/base/strings.h"
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

- **Denied**: the answer is no, and asking again will not change it.
- **Undecided**: something that would tell cannot be reached. The request is not let
  through, but the token may well be good, so asking again is right. Never take it
  for a bad token: nobody should be signed out because a network failed.

The checks run in the order of this page, and a token with several faults is told the
first. So a forged token learns nothing of what its claims would have met, and a
revoked one is not told to ask for more scope.

`Verify` itself ends with status OK when the token was denied: the question was
answered. The gRPC and HTTP codes below are what the *protected* service's caller
gets, and the OAuth error is the word of RFC 6750, section 3.1, that
`www-authenticate` carries.

To see every check of one token: `usher explain`.

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

// What Markdown's readers make of a heading.
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
