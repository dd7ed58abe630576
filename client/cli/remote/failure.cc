#include "client/cli/remote/failure.h"

#include <array>

#include "client/cli/print/format.h"
#include "client/core/wire.h"
#include "lib/base/text/strings.h"

namespace usher::cli {
namespace {

using enum Undecided::Cause;

struct Advice {
  Undecided::Cause cause;
  std::string_view text;
};

constexpr auto kAdvice = std::to_array<Advice>({
    {kDependency,
     "usherd runs, but needs something that it does not have yet: try again; "
     "if "
     "it continues, `usher issuers` shows what it cannot reach"},
    {kOverloaded, "try later"},
    {kUnreachable, "check that usherd runs there and uses TLS;"},
    {kDeadline, "try a longer --timeout"},
    {kBadRequest, "change the options of this command"},
    {kNotAllowed,
     "usherd's `callers` must name the certificate given with --cert and "
     "--key"},
    {kBadAnswer, "check that usherd listens there, and its version;"},
    {kStopped, "try again"},
});

std::string_view AdviceFor(Undecided::Cause cause) {
  for (const Advice& advice : kAdvice) {
    if (advice.cause == cause) return advice.text;
  }
  return "";
}

// What to try about the connection, with the options of this command.
std::string ConnectionAdvice(const Connection& connection) {
  const bool tls = connection.ca.has_value() || connection.cert.has_value();
  return base::StrCat("try ", connection.flag, " HOST:PORT",
                      tls ? "" : ", or --ca FILE for TLS");
}

// "cannot reach 127.0.0.1:9443: Connection refused".
std::string UnreachableMessage(const Undecided& undecided,
                               const Connection& connection) {
  std::string_view detail = undecided.message;
  if (detail.starts_with(client::kUnreachablePreface)) {
    detail.remove_prefix(client::kUnreachablePreface.size());
  }
  return base::StrCat("cannot reach ", connection.target, Visible(detail));
}

std::string MessageFor(const Undecided& undecided,
                       const Connection& connection) {
  if (undecided.cause == kUnreachable) {
    return UnreachableMessage(undecided, connection);
  }
  const std::string reason =
      undecided.reason ? base::StrCat(NameOf(*undecided.reason), ": ") : "";
  // usherd's status message begins with the reason too.
  std::string_view message = undecided.message;
  if (message.starts_with(reason)) message.remove_prefix(reason.size());
  return base::StrCat(undecided.cause == kDependency ? "undecided: " : "",
                      reason, Visible(message));
}

}  // namespace

ExitStatus PrintFailure(const Undecided& undecided,
                        const Connection& connection, Console& console) {
  std::string line = MessageFor(undecided, connection);
  if (undecided.retry_after) {
    line +=
        base::StrCat(" (retry in ", ShortDuration(*undecided.retry_after), ")");
  }
  console.Fail(line);
  std::string hint(AdviceFor(undecided.cause));
  if (undecided.cause == kUnreachable || undecided.cause == kBadAnswer) {
    hint += base::StrCat(" ", ConnectionAdvice(connection));
  }
  console.err << "  " << hint << "\n";
  return undecided.cause == kBadRequest ? ExitStatus::kUsage
                                        : ExitStatus::kUndecided;
}

}  // namespace usher::cli
