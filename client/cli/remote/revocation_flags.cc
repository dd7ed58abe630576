#include "client/cli/remote/revocation_flags.h"

#include "client/cli/remote/failure.h"
#include "client/core/wire.h"

namespace usher::cli {

void AddOptions(RevocationFlags& flags, Arguments& arguments) {
  arguments.Positional(
      {"issuer", "ISSUER", "The issuer's name in usherd's configuration"},
      flags.issuer);
  arguments.Group("Which tokens (exactly one)");
  arguments.Text({"--token-id", "JTI", "The token with this jti"},
                 flags.token_id);
  arguments.Text({"--session", "SID", "The tokens of the session (sid)"},
                 flags.session);
  arguments.Text({"--subject", "SUB", "The tokens of the subject (sub)"},
                 flags.subject);
  arguments.Text({"--client", "ID", "The tokens of the client"}, flags.client);
  arguments.Flag({"--everything", "", "All tokens of the issuer"},
                 flags.everything);
  arguments.Group("Options");
  arguments.Text({"--tenant", "NAME", "The tenant, where the issuer has some"},
                 flags.tenant);
  arguments.Required({"--reason", "TEXT", "Why: for the audit log"},
                     flags.reason);
}

bool ToTarget(const RevocationFlags& flags, v1::RevocationTarget& out,
              Console& console) {
  if (flags.issuer.size() != 1) {
    console.Fail("name one issuer");
    return false;
  }
  const int given = flags.token_id.has_value() + flags.session.has_value() +
                    flags.subject.has_value() + flags.client.has_value() +
                    flags.everything;
  if (given != 1) {
    console.Fail(
        "say which tokens: exactly one of --token-id, --session, --subject, "
        "--client and --everything");
    return false;
  }
  out.set_issuer_name(flags.issuer[0]);
  out.set_tenant(flags.tenant.value_or(""));
  if (flags.token_id) out.set_token_id(*flags.token_id);
  if (flags.session) out.set_session_id(*flags.session);
  if (flags.subject) out.set_subject(*flags.subject);
  if (flags.client) out.set_client_id(*flags.client);
  if (flags.everything) out.set_everything(true);
  return true;
}

ExitStatus PrintRevocationFailure(const grpc::Status& status,
                                  const Connection& connection,
                                  Console& console) {
  switch (status.error_code()) {
    case grpc::StatusCode::NOT_FOUND:
      console.Fail(status.error_message());
      return ExitStatus::kNo;
    case grpc::StatusCode::FAILED_PRECONDITION:
      console.Fail(status.error_message());
      return ExitStatus::kUsage;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::DATA_LOSS:
      console.Fail(status.error_message());
      return ExitStatus::kUndecided;
    default:
      return PrintFailure(client::UndecidedFrom(status), connection, console);
  }
}

}  // namespace usher::cli
