// The certificate files of TlsOptions, and what happens when they rotate.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/scheduler.h"
#include "usher/client_options.h"

namespace usher::client {

bool NamesFiles(const TlsOptions& tls);

// `tls` with the content of its files in ca_pem and identity. Blocks on the
// disk. INVALID_ARGUMENT: an option is given as text and as a file.
// FAILED_PRECONDITION: a file cannot be read. Does not check the content.
absl::StatusOr<TlsOptions> LoadTlsFiles(const TlsOptions& tls);

// INVALID_ARGUMENT names the option that holds no usable PEM, or a private key
// that does not belong to its certificate. gRPC would accept both and fail at
// the first handshake without saying why. Pure.
absl::Status CheckPem(const TlsOptions& tls);

// Notices when the files change. A change counts once two polls have read the
// same content, so that no half-written file is used, and once CheckPem()
// accepts it. Until then the old content stays in use.
//
// Not thread-safe.
class TlsFileWatch {
 public:
  // Runs with the new content.
  using OnChange = std::function<void(const TlsOptions& loaded)>;

  // `loaded` is what LoadTlsFiles(`files`) returned.
  TlsFileWatch(TlsOptions files, const TlsOptions& loaded, OnChange on_change);

  // To be called every second. Blocks on the disk. Not OK: changed files that
  // cannot be used; returned once for each content.
  absl::Status Poll();

 private:
  const TlsOptions files_;
  const OnChange on_change_;
  base::FileWatch watch_;
  std::string last_error_;
};

// Polls a TlsFileWatch every second on a thread of its own, and writes what is
// wrong with changed files to gRPC's log.
class TlsFilePoller {
 public:
  explicit TlsFilePoller(TlsFileWatch watch);

 private:
  void PollLater();

  const base::SystemClock clock_;
  TlsFileWatch watch_;
  base::ThreadScheduler scheduler_;  // last: ends before what it uses
};

}  // namespace usher::client
