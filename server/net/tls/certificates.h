// The certificates that one listener serves: those of its files, if the files
// can be used.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "lib/base/rate_limit.h"
#include "lib/config/config.h"
#include "server/net/tls/client_certificates.h"
#include "server/net/tls/tls_material.h"

namespace usher::server {

enum class CertificateReload { kOk, kFailed };
inline constexpr auto kCertificateReloadNames =
    std::to_array<std::string_view>({"ok", "failed"});
static_assert(kCertificateReloadNames.size() ==
              static_cast<size_t>(CertificateReload::kFailed) + 1);

// Thread-safe, except Poll().
class Certificates {
 public:
  // What is served. Immutable.
  struct Served {
    TlsMaterial material;
    TlsFacts facts;
    std::shared_ptr<const RevocationLists> revoked;  // null: no client_crl
  };

  // `listener` is the name in metrics and log, `setting` the key of the files
  // in the configuration: "listen", "tls". If the files cannot be used, the
  // error names the file. Blocks on the disk. `log` outlives the result.
  static absl::StatusOr<std::shared_ptr<Certificates>> Open(
      config::Tls files, std::string listener, std::string setting,
      base::Log& log, absl::Time now);

  // Applies changed files. The revocation lists change apart from the others,
  // so that neither keeps the other from being used. Changed content is
  // validated when two calls in a row have read the same, so that no
  // half-written file is used. Files that cannot be used change nothing, are
  // logged once, and are validated again until they are repaired. Reading whole
  // files finds every kind of change: in place, by rename, by a symbolic link
  // to another directory. Blocks on the disk; one thread at a time.
  void Poll(absl::Time now);

  std::shared_ptr<const Served> served() const;
  bool client_crl_required() const { return files_.client_crl_required; }

  // Refused client certificates, by the reason: counted, and logged at most
  // once a second.
  void OnRefused(CertificateRefusal why, absl::Time now);
  uint64_t refused(CertificateRefusal why) const {
    return refused_clients_[static_cast<size_t>(why)].load(
        std::memory_order_relaxed);
  }

  const std::string& listener() const { return listener_; }
  uint64_t reloads(CertificateReload result) const {
    return reloads_[static_cast<size_t>(result)].load(
        std::memory_order_relaxed);
  }

 private:
  Certificates(config::Tls files, std::string listener, std::string setting,
               base::Log& log)
      : files_(std::move(files)),
        listener_(std::move(listener)),
        setting_(std::move(setting)),
        log_(log) {}

  void PollMaterial(absl::Time now);
  void PollRevocations(absl::Time now);
  void Serve(Served served);
  void Apply(TlsMaterial material, TlsFacts facts);
  void Refuse(const absl::Status& why, std::optional<absl::Status>& refused,
              std::string_view advice);
  void Count(CertificateReload result) {
    reloads_[static_cast<size_t>(result)].fetch_add(1,
                                                    std::memory_order_relaxed);
  }

  const config::Tls files_;
  const std::string listener_;
  const std::string setting_;
  base::Log& log_;
  std::array<std::atomic<uint64_t>, kCertificateReloadNames.size()> reloads_{};
  std::array<std::atomic<uint64_t>, kCertificateRefusalNames.size()>
      refused_clients_{};
  base::RateLimit refused_lines_{1};

  mutable base::Mutex mutex_;
  std::shared_ptr<const Served> served_
      ABSL_GUARDED_BY(mutex_);  // never null once open

  // Used by Poll() only.
  base::FileWatch watch_;
  std::optional<absl::Status> refused_;  // as logged
  base::FileWatch crl_watch_;
  std::optional<absl::Status> crl_refused_;
  bool crl_expired_ = false;  // as logged
};

}  // namespace usher::server
