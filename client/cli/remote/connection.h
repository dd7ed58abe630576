// The options for the connection to usherd.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/base/arguments.h"
#include "client/cli/base/console.h"
#include "client/core/transport.h"
#include "usher/client_options.h"

namespace usher::cli {

struct Connection {
  std::string flag;  // "--server" or "--admin": for messages
  std::string target;
  std::optional<std::string> ca, cert, key, server_name;
  bool insecure_plaintext = false;
  std::string timeout = "5s";
  std::string server = "usherd";  // the name of the server in the help

  static Connection ToServer() { return {"--server", "127.0.0.1:9443"}; }
  static Connection ToAdmin() { return {"--admin", "127.0.0.1:9444"}; }
};

// `connection` must live until the command has run.
void AddOptions(Connection& connection, Arguments& arguments);

// The value of --timeout. INVALID_ARGUMENT: the command line is wrong.
absl::StatusOr<absl::Duration> TimeoutOf(const Connection& connection);

// Reads the files. Uses TLS unless the target is on this machine and no TLS
// option is set. INVALID_ARGUMENT: the command line is wrong.
absl::StatusOr<ClientOptions> OptionsOf(const Connection& connection,
                                        Console& console);

absl::StatusOr<std::unique_ptr<client::Transport>> Connect(
    const Connection& connection, Console& console);

}  // namespace usher::cli
