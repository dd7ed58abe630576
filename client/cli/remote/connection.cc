#include "client/cli/remote/connection.h"

#include "client/core/target.h"
#include "lib/base/file.h"
#include "lib/base/result.h"
#include "lib/base/text/strings.h"

namespace usher::cli {
namespace {

absl::Status InvalidFlag(std::string_view flag, std::string_view what) {
  return absl::InvalidArgumentError(base::Absl(base::StrCat(flag, ": ", what)));
}

absl::StatusOr<std::string> ReadPem(std::string_view flag,
                                    const std::string& path) {
  constexpr size_t kMaxSize = 1 << 20;
  auto text = base::ReadFileOrPipe(path, kMaxSize);
  if (!text.ok()) return InvalidFlag(flag, base::Std(text.status().message()));
  return text;
}

absl::StatusOr<absl::Duration> ParseTimeout(const std::string& text) {
  absl::Duration timeout;
  const bool bare = text.find_first_not_of("0123456789.") == std::string::npos;
  const std::string with_unit = bare ? base::StrCat(text, "s") : text;
  if (!absl::ParseDuration(base::Absl(with_unit), &timeout) ||
      timeout <= absl::ZeroDuration() || timeout > absl::Minutes(5)) {
    return InvalidFlag("--timeout",
                       "must be a time of up to 5m, like 5s, 500ms or 1m30s");
  }
  return timeout;
}

bool WantsTls(const Connection& connection) {
  return connection.ca || connection.cert || connection.key ||
         connection.server_name;
}

absl::StatusOr<TlsOptions> ReadTls(const Connection& connection) {
  TlsOptions tls = {.server_name = connection.server_name};
  if (connection.ca) {
    USHER_TRY(tls.ca_pem, ReadPem("--ca", *connection.ca));
  }
  if (connection.cert.has_value() != connection.key.has_value()) {
    return InvalidFlag(connection.cert ? "--cert" : "--key",
                       "--cert and --key go together");
  }
  if (connection.cert) {
    USHER_TRY(std::string certificate, ReadPem("--cert", *connection.cert));
    USHER_TRY(std::string key, ReadPem("--key", *connection.key));
    tls.identity = {std::move(certificate), Secret(std::move(key))};
  }
  return tls;
}

}  // namespace

void AddOptions(Connection& connection, Arguments& arguments) {
  arguments.Group("Connection");
  arguments.Text({connection.flag, "ADDRESS",
                  base::StrCat(connection.server,
                               "'s address: HOST:PORT, "
                               "dns:///HOST:PORT or unix:PATH")},
                 connection.target);
  arguments.Text(
      {"--ca", "FILE",
       base::StrCat("Trusted CA certificates for ", connection.server,
                    " (PEM; default: the system's); turns TLS on for a "
                    "target on this machine too")},
      connection.ca);
  arguments.Text({"--cert", "FILE", "Client certificate, PEM (with --key)"},
                 connection.cert);
  arguments.Text(
      {"--key", "FILE", "Private key of the client certificate, PEM"},
      connection.key);
  arguments.Text(
      {"--server-name", "NAME",
       base::StrCat("The name ", connection.server,
                    "'s certificate must have, if it differs from the "
                    "host in the address")},
      connection.server_name);
  arguments.Flag({"--insecure-plaintext", "",
                  "Send the token unencrypted: everyone on the network path "
                  "can read it"},
                 connection.insecure_plaintext);
  arguments.Text({"--timeout", "TIME",
                  "How long to wait for the answer: 5s, 500ms, 1m30s"},
                 connection.timeout);
  arguments.Group("");
}

absl::StatusOr<absl::Duration> TimeoutOf(const Connection& connection) {
  return ParseTimeout(connection.timeout);
}

absl::StatusOr<ClientOptions> OptionsOf(const Connection& connection,
                                        Console& console) {
  const auto target = client::ParseTarget(connection.target);
  if (!target.ok()) {
    return InvalidFlag(connection.flag, base::Std(target.status().message()));
  }
  if (connection.insecure_plaintext && WantsTls(connection)) {
    return InvalidFlag("--insecure-plaintext",
                       "contradicts --ca, --cert, --key and --server-name");
  }
  ClientOptions options = {.target = connection.target};
  USHER_TRY(options.deadline, TimeoutOf(connection));
  const bool plain =
      connection.insecure_plaintext || (target->local && !WantsTls(connection));
  if (!plain) {
    USHER_TRY(options.tls, ReadTls(connection));
    return options;
  }
  if (!target->local) {
    console.Warn("the token is sent unencrypted (--insecure-plaintext)");
  }
  options.tls.reset();
  options.insecure_allow_plaintext = connection.insecure_plaintext;
  return options;
}

absl::StatusOr<std::unique_ptr<client::Transport>> Connect(
    const Connection& connection, Console& console) {
  USHER_TRY(const ClientOptions options, OptionsOf(connection, console));
  return client::Transport::Open(options, client::Health::kIgnored);
}

}  // namespace usher::cli
