// The configuration of usherd: one YAML file, read and checked as a whole.
//
// docs/configuration.md is generated from the tables of fields (fields.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/base/log.h"
#include "lib/issuer/config.h"
#include "lib/yaml/changes.h"
#include "lib/yaml/files.h"

namespace usher::config {

struct Tls {
  std::string certificate;  // paths of PEM files
  std::string private_key;
  std::optional<std::string> client_ca;  // present: mutual TLS
  // Revoked client certificates.
  std::optional<std::string> client_crl;
  // Refuses clients whose issuer has no valid list in `client_crl`.
  bool client_crl_required = false;

  bool operator==(const Tls&) const = default;
};

// A client service that may call TokenService.
struct ClientService {
  std::string name;
  // The name in its client certificate (server/core/client_services.h).
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

// What the process may use; absent: what its container may.
struct ServiceLimits {
  std::optional<size_t> memory;
  std::optional<size_t> cpu_percent;

  bool operator==(const ServiceLimits&) const = default;
};

// How usherd asks its own listeners whether they answer.
struct SelfProbe {
  absl::Duration interval = absl::Seconds(10);  // zero: never
  absl::Duration timeout = absl::Seconds(3);    // of each

  bool operator==(const SelfProbe&) const = default;
};

// The lifetime of a client's connection.
struct ConnectionLife {
  absl::Duration longest = absl::Minutes(5);
  absl::Duration grace = absl::Seconds(30);  // for open calls

  bool operator==(const ConnectionLife&) const = default;
};

// Which verdicts are written to the audit log, and where.
struct Audit {
  std::optional<std::string> file;  // absent: standard error
  double sample_verified = 0.01;    // 0 to 1
  size_t refusals_per_second = 100;
  bool subjects = false;

  bool operator==(const Audit&) const = default;
};

// Where revocations are kept: exactly one of file and ephemeral.
struct Revocation {
  std::optional<std::string> file;
  bool ephemeral = false;
  absl::Duration retention = absl::Hours(25);
  size_t max_entries = 1'000'000;

  bool operator==(const Revocation&) const = default;
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
  ServiceLimits limits;
  size_t max_connections = 4096;  // of `listen`
  SelfProbe self_probe;
  ConnectionLife connections;
  absl::Duration shutdown_delay = absl::Seconds(1);
  absl::Duration shutdown_grace = absl::Seconds(10);
  base::LogLevel log_level = base::LogLevel::kInfo;
  std::optional<Audit> audit;            // absent: no audit log
  std::optional<Revocation> revocation;  // absent: nothing can be revoked
  bool insecure_allow_plaintext = false;
  bool insecure_allow_anonymous_callers = false;
  bool insecure_allow_remote_admin = false;
  bool insecure_allow_remote_status_page = false;
};

// The result of reading a file. `config` is present if and only if `errors` is
// empty.
struct Loaded {
  std::optional<Config> config;
  // All errors, each with its path and line:
  // "issuers[1].audiences: must not be empty (line 14)".
  std::vector<std::string> errors;
  // Every insecure_* setting that is on, with its description, and settings
  // that cannot work, such as keys at a blocked address.
  std::vector<std::string> warnings;
  // What an operator may want to set, although nothing is wrong.
  std::vector<std::string> notes;
  // The files that were read. Load() and Reload() include the configuration
  // file itself, even if it could not be read.
  std::vector<yaml::FileRead> files;
};

// Reads YAML text. Relative paths in it are relative to `directory`. Also reads
// the CA and key set files that the configuration refers to, so that a missing
// one is an error now and not later. Blocks on the disk; uses no network.
Loaded Parse(std::string_view yaml, const std::string& directory);

// The same for the file at `path`. A file that cannot be read is an error.
Loaded Load(const std::string& path);

struct Reloaded {
  // `config` is what a running service can apply now: the file, except that
  // fields which need a restart keep their running values. It is present only
  // if both the file and the combination are free of errors. `warnings` are
  // those of the combination.
  Loaded loaded;
  // From the running configuration to the file. Empty if the file has errors.
  yaml::Changes changes;
};

// Reads the file at `path` again for a service that runs with `running`.
Reloaded Reload(const std::string& path, const Config& running);

}  // namespace usher::config
