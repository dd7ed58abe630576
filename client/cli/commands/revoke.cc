#include <memory>
#include <optional>
#include <string>

#include "client/cli/base/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/print/json_output.h"
#include "client/cli/print/revocations.h"
#include "client/cli/remote/ask_admin.h"
#include "client/cli/remote/connection.h"
#include "client/cli/remote/revocation_flags.h"
#include "lib/rpc/time.h"

namespace usher::cli {
namespace {

struct Options {
  Connection connection = Connection::ToAdmin();
  RevocationFlags flags;
  std::optional<std::string> not_issued_after;
  bool json = false;
};

ExitStatus Revoke(const Options& options, Console& console) {
  v1::RevokeRequest request;
  if (!ToTarget(options.flags, *request.mutable_target(), console)) {
    return ExitStatus::kUsage;
  }
  if (options.not_issued_after) {
    absl::Time time;
    std::string error;
    if (!absl::ParseTime(absl::RFC3339_full, *options.not_issued_after, &time,
                         &error)) {
      console.Fail(base::StrCat("--not-issued-after: ", error,
                                ": write it as 2026-01-31T12:00:00Z"));
      return ExitStatus::kUsage;
    }
    rpc::ToWire(time, *request.mutable_not_issued_after());
  }
  request.set_reason(options.flags.reason);
  const auto reply = AskAdmin<v1::RevokeResponse>(
      options.connection, std::move(request),
      &v1::AdminService::Stub::PrepareAsyncRevoke, console,
      [&](const grpc::Status& status) {
        return PrintRevocationFailure(status, options.connection, console);
      });
  if (const auto* status = std::get_if<ExitStatus>(&reply)) return *status;
  const auto& response = std::get<v1::RevokeResponse>(reply);
  if (options.json) {
    PrintJson(response, console.out);
  } else {
    Print(response, console);
  }
  return ExitStatus::kOk;
}

Run Add(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  AddOptions(options->flags, arguments);
  arguments.Text({"--not-issued-after", "TIME",
                  "For --subject, --client and --everything: spare the tokens "
                  "that were issued later. Default: now"},
                 options->not_issued_after);
  AddOptions(options->connection, arguments);
  arguments.Flag({"--json", "", "Print the answer as proto JSON"},
                 options->json);
  return [options](Console& console) { return Revoke(*options, console); };
}

constexpr std::string_view kNotes =
    R"(Has usherd deny these tokens before they expire: TOKEN_REVOKED. Whoever signs
in again gets a new token, which is accepted; one token or one session is
revoked whatever its iat says. Clients that reuse verdicts stop within 30 s.
usherd needs `revocation:` in its configuration.

Exit status:
  0  revoked: in force, and on the disk if the store is a file
  2  the command line is wrong, no issuer of that name is configured, or
     usherd keeps no revocations
  3  the store cannot be written, or usherd cannot be reached: nothing is
     revoked

Examples:
  usher revoke corp --subject 4711 --reason "left the company"
  usher revoke corp --session 08a5019c --reason "laptop stolen"
  usher revoke corp --token-id 6f1d --reason "found in a log"
  usher revoke corp --everything --reason "tokens in a public log" --json)";

}  // namespace

Command RevokeCommand() {
  return {
      .name = "revoke",
      .summary = "Deny tokens before they expire",
      .add = Add,
      .notes = kNotes,
  };
}

}  // namespace usher::cli
