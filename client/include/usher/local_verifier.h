// Verifies tokens in this process, without usherd.
//
//   auto verifier =
//       usher::LocalVerifier::Create({.config_file = "usher.yaml"});
//   if (!verifier.ok()) return verifier.status();
//   usher::VerifyResult result =
//       (*verifier)->Verify({.token = token, .audiences = {"orders"}});
//
// It is the same engine as usherd's: the same checks in the same order, the
// same key caches, the same Reasons. Each process fetches the keys of its
// issuers itself, and nothing else is shared between processes. Link
// usher::local, which needs no gRPC.
//
// As the verifier of a guard (usher/guard.h), shared by several:
//
//   std::shared_ptr<usher::LocalVerifier> local = ...;
//   auto guard = usher::Guard::Create(
//       {.verifier = local, .audiences = {"orders"}, .policy = policy});
//
// Threads. Create() starts one thread for timers, two for HTTP, some workers,
// and one that watches the configuration file, if there is one; all of them end
// with the destructor. Several LocalVerifiers can exist in one process and
// share nothing.
//
// fork(). Threads do not survive it: create the LocalVerifier in the process
// that uses it. A child of fork() must neither use nor destroy one of its
// parent; exec() and _exit() are safe.
//
// dlclose(). Code that is loaded with dlopen() must stay loaded until the
// destructor has returned.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "usher/token_verifier.h"

namespace usher {

// One issuer, configured in code. The members mean what the keys of
// docs/configuration.md mean. All other settings have usherd's defaults; a
// configuration, as a file or a text, can change them all.
struct LocalIssuer {
  // For messages; 1 to 63 characters of a-z, 0-9, - and _.
  std::string name = {};
  // Compared with the token's iss byte for byte. A URL if the keys are found by
  // discovery there; otherwise any text.
  std::string issuer = {};
  // Further texts that its tokens may have as iss.
  std::vector<std::string> aliases = {};
  // At least one. A token must be meant for one of these.
  std::vector<std::string> audiences = {};

  // Claims of which an access token of this provider has at least one, and an
  // ID token none (access_token.has_any). Absent: a token is an access token
  // unless a claim such as nonce shows that it is not.
  std::optional<std::vector<std::string>> access_token_claims = {};

  // Where the keys are; at most one of the four. None: OpenID Connect
  // Discovery, or RFC 8414 metadata, at the issuer's URL.
  std::optional<std::string> discovery_url = {};
  std::optional<std::string> jwks_url = {};
  std::optional<std::string> jwks_file = {};  // a JWK Set or PEM
  std::optional<std::string> jwks = {};       // the JWK Set itself

  // With discovery: the only hosts, as HOST or HOST:PORT, at which the metadata
  // may say the key set is, beside those of the addresses above.
  std::optional<std::vector<std::string>> allowed_hosts = {};
  // Signing in where the keys are: the file of a bearer token; the PEM files of
  // a client certificate and its key. Read again before each fetch.
  std::optional<std::string> token_file = {};
  std::optional<std::string> client_certificate = {};
  std::optional<std::string> client_key = {};

  // Trusted CA certificates for fetching, PEM. Absent: those of the system.
  std::optional<std::string> ca_pem = {};
  // "http://proxy:3128". The environment is never read.
  std::optional<std::string> proxy = {};
  // Fetches keys from loopback and private addresses too.
  bool insecure_allow_private_addresses = false;
  // Fetches keys over plain HTTP: from this machine; from any host.
  bool insecure_allow_http_loopback = false;
  bool insecure_allow_http = false;
};

struct LocalVerifierOptions {
  // Exactly one of the three.
  //
  // A configuration file of usherd. Its issuers are used; settings of the
  // service (listeners, callers, audit) are checked and otherwise ignored. A
  // change of the file is applied without a restart: see reload_interval.
  std::string config_file = {};
  // The content of such a file. Relative paths in it are relative to the
  // current directory. It is read once.
  std::string config_text = {};
  std::vector<LocalIssuer> issuers = {};

  // How long a verification may wait for keys, unless its request has an
  // earlier deadline. It never waits longer than the issuer's
  // refresh.unknown_kid_wait (1 s).
  absl::Duration deadline = absl::Seconds(2);
  // Verifications that may wait for keys at once. One more is Undecided
  // (kOverloaded).
  size_t max_waiting = 20'000;

  // How often config_file, and the files whose content is part of it (ca_file),
  // are compared with what is active. Content is compared, not times. A change
  // counts once two readings agree, so that a file which is being written is
  // not used. A change is applied as Reload() does. A file with errors changes
  // nothing: the active issuers stay until the file is repaired. 0: only
  // Reload() reads the file. Else 10 ms to 24 h.
  absl::Duration reload_interval = absl::Seconds(1);
  // Receives the result of each reload that a change of the files caused, as
  // Reload() would return it; an error once for each content of the files.
  // Absent: errors are written to standard error. Runs on the thread that
  // watches the files. The destructor waits for it, so it must not destroy the
  // LocalVerifier; it may call every other function.
  std::function<void(const absl::Status&)> on_reload = {};
};

// Thread-safe.
class LocalVerifier final : public TokenVerifier {
 public:
  // Begins to fetch keys and returns without waiting for them: until they are
  // there, results are Undecided. Blocks on the disk. INVALID_ARGUMENT lists
  // every error of the options and of the file, a line each.
  static absl::StatusOr<std::unique_ptr<LocalVerifier>> Create(
      LocalVerifierOptions options);

  // Stops watching the file and ends verifications that wait with Undecided.
  // Returns after their callbacks have returned. Must not run in a callback.
  ~LocalVerifier() override;

  // Decides from memory, in this call, except for a token whose key is not in
  // memory: then `done` runs later, on a thread of this object.
  void Verify(const VerifyRequest& request, VerifyCallback done) override;

  // The same, waiting for the result. Must not run in a callback.
  VerifyResult Verify(const VerifyRequest& request);

  // Reads the configuration file again and applies its issuers; unchanged ones
  // keep their keys and cached tokens. Blocks on the disk; concurrent reloads
  // take turns. INVALID_ARGUMENT: the file has errors, all of which the message
  // lists, a line each, and nothing changed. FAILED_PRECONDITION: there is no
  // file, because the issuers were configured in code.
  absl::Status Reload();

  // The settings that weaken security (insecure_...), a sentence each, for the
  // log of the program.
  std::vector<std::string> Warnings() const;

  // The names of the issuers that have no usable keys now. Empty: ready.
  std::vector<std::string> IssuersWithoutKeys() const;

 private:
  struct Impl;
  explicit LocalVerifier(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace usher
