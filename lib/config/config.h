// The service's configuration: one YAML file, read and judged whole.
//
// The one home of YAML. docs/configuration.md is generated from the key table
// beside the reader (schema.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/base/log.h"
#include "lib/config/files.h"
#include "lib/issuer/config.h"

namespace usher::config {

struct Tls {
  std::string certificate;  // paths of PEM files
  std::string private_key;
  std::optional<std::string> client_ca;  // present: mutual TLS

  bool operator==(const Tls&) const = default;
};

// A service that may ask.
struct ClientService {
  std::string name;
  // A SAN (URI or DNS) of its client certificate, else its common name;
  // compared byte for byte.
  std::string certificate;
  std::vector<std::string> audiences;  // at least one
  std::vector<std::string> rpcs = {"Verify", "BatchVerify", "Introspect"};

  bool operator==(const ClientService&) const = default;
};

struct TokenCacheLimits {
  bool enabled = true;
  size_t entries = 65536;
  size_t bytes = 128u << 20;
  absl::Duration longest_life = absl::Minutes(5);

  bool operator==(const TokenCacheLimits&) const = default;
};

// When a client's connection is told to end.
struct ConnectionLife {
  absl::Duration longest = absl::Minutes(5);
  absl::Duration grace = absl::Seconds(30);  // for calls under way

  bool operator==(const ConnectionLife&) const = default;
};

// Whom verdicts are written down for, and which.
struct Audit {
  std::optional<std::string> file;  // absent: standard error
  double sample_verified = 0.01;    // 0 to 1
  size_t refusals_per_second = 100;
  bool subjects = false;

  bool operator==(const Audit&) const = default;
};

struct Config {
  std::string listen = "127.0.0.1:9443";
  std::optional<Tls> tls;
  std::vector<ClientService> callers;
  std::string admin_listen = "127.0.0.1:9444";
  std::optional<Tls> admin_tls;
  std::string metrics_listen = "127.0.0.1:9464";
  bool status_page_enabled = true;
  std::string status_page_listen = "127.0.0.1:9465";
  std::vector<issuer::Config> issuers;  // at least one
  TokenCacheLimits token_cache;
  ConnectionLife connections;
  absl::Duration shutdown_delay = absl::Seconds(1);
  absl::Duration shutdown_grace = absl::Seconds(10);
  base::LogLevel log_level = base::LogLevel::kInfo;
  std::optional<Audit> audit;  // absent: none is kept
  bool insecure_allow_plaintext = false;
  bool insecure_allow_anonymous_callers = false;
  bool insecure_allow_remote_admin = false;
  bool insecure_allow_remote_status_page = false;
};

// What reading a file came to. `config` is present exactly when `faults` is
// empty.
struct Loaded {
  std::optional<Config> config;
  // Every fault at once, each led by its path and line:
  // "issuers[1].audiences: must not be empty (line 14)".
  std::vector<std::string> faults;
  // What is allowed but loud (each insecure_* that is on, in words), and what
  // cannot work as it stands.
  std::vector<std::string> warnings;
  // The files that were read, the configuration's own among them where it was.
  std::vector<FileRead> files;
};

// Reads YAML text. Relative paths inside are relative to `directory`. CA and
// key set files that the configuration names are read, so that a missing one is
// a fault here and not a surprise later. Does not touch the network.
Loaded Parse(std::string_view yaml, const std::string& directory);

// The file at `path`. A file that cannot be read is a fault too.
Loaded Load(const std::string& path);

// docs/configuration.md, whole, from the key table.
std::string Reference();

}  // namespace usher::config
