#include "client/cli/print/failure.h"

#include <array>

#include "client/cli/print/format.h"
#include "client/core/wire.h"
#include "lib/base/strings.h"

namespace usher::cli {
namespace {

using enum Undecided::Cause;

struct Row {
  Undecided::Cause cause;
  std::string_view way_out;
};

constexpr auto kRows = std::to_array<Row>({
    {kDependency,
     "usherd runs, but cannot reach what it needs: `usher issuers` says "
     "what; try later"},
    {kOverloaded, "try later"},
    {kUnreachable, "is usherd running there, and does it speak TLS?"},
    {kDeadline, "try a longer --timeout"},
    {kBadQuestion, "change the options of this command"},
    {kNotAllowed,
     "usherd's `callers` must name the certificate given with --cert and "
     "--key"},
    {kBadAnswer, "is it usherd that listens there, and of a fitting version?"},
    {kStopped, "try again"},
});

std::string_view WayOut(Undecided::Cause cause) {
  for (const Row& row : kRows) {
    if (row.cause == cause) return row.way_out;
  }
  return "";
}

// What to try about the connection, in the words of this command's options.
std::string TryInstead(const Connection& connection) {
  const bool tls = connection.ca.has_value() || connection.cert.has_value();
  return base::StrCat("try ", connection.flag, " HOST:PORT",
                      tls ? "" : ", or --ca FILE for TLS");
}

// "cannot reach 127.0.0.1:9443: Connection refused".
std::string WhyUnreachable(const Undecided& undecided,
                           const Connection& connection) {
  std::string_view detail = undecided.message;
  if (detail.starts_with(client::kUnreachablePreface)) {
    detail.remove_prefix(client::kUnreachablePreface.size());
  }
  return base::StrCat("cannot reach ", connection.target, Visible(detail));
}

std::string Why(const Undecided& undecided, const Connection& connection) {
  if (undecided.cause == kUnreachable) {
    return WhyUnreachable(undecided, connection);
  }
  const std::string reason =
      undecided.reason ? base::StrCat(NameOf(*undecided.reason), ": ") : "";
  // usherd leads its status message with the reason too.
  std::string_view message = undecided.message;
  if (message.starts_with(reason)) message.remove_prefix(reason.size());
  return base::StrCat(undecided.cause == kDependency ? "undecided: " : "",
                      reason, Visible(message));
}

}  // namespace

ExitStatus Tell(const Undecided& undecided, const Connection& connection,
                Console& console) {
  std::string line = Why(undecided, connection);
  if (undecided.retry_after) {
    line +=
        base::StrCat(" (ask again in ", InWords(*undecided.retry_after), ")");
  }
  console.Fail(line);
  std::string hint(WayOut(undecided.cause));
  if (undecided.cause == kUnreachable || undecided.cause == kBadAnswer) {
    hint += base::StrCat(" ", TryInstead(connection));
  }
  console.err << "  " << hint << "\n";
  return undecided.cause == kBadQuestion ? ExitStatus::kUsage
                                         : ExitStatus::kUndecided;
}

}  // namespace usher::cli
