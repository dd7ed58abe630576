#include "server/net/certificates.h"

#include <utility>

#include "lib/base/result.h"
#include "lib/base/strings.h"

namespace usher::server {

using base::LogLevel;

namespace {

base::FileWatch::Contents ContentsOf(
    const absl::StatusOr<TlsMaterial>& material) {
  if (!material.ok()) return {base::ContentIdOf(material.status())};
  return {base::ContentIdOf(material->certificate),
          base::ContentIdOf(material->private_key),
          base::ContentIdOf(material->client_ca)};
}

}  // namespace

absl::StatusOr<std::shared_ptr<Certificates>> Certificates::Open(
    config::Tls files, std::string listener, std::string setting,
    base::Log& log, absl::Time now) {
  USHER_TRY(TlsMaterial material, ReadTlsFiles(files, setting));
  USHER_TRY(TlsFacts facts, Validate(material, files, setting, now));
  std::shared_ptr<Certificates> opened(new Certificates(
      std::move(files), std::move(listener), std::move(setting), log));
  opened->watch_.SetInUse(ContentsOf(material));
  {
    const base::MutexLock lock(opened->mutex_);
    opened->served_ = std::make_shared<const Served>(
        Served{std::move(material), std::move(facts)});
  }
  return opened;
}

std::shared_ptr<const Certificates::Served> Certificates::served() const {
  const base::MutexLock lock(mutex_);
  return served_;
}

void Certificates::Poll(absl::Time now) {
  absl::StatusOr<TlsMaterial> read = ReadTlsFiles(files_, setting_);
  if (!watch_.Poll(ContentsOf(read))) {
    refused_.reset();
    return;
  }
  if (!read.ok()) return Refuse(read.status());
  auto facts = Validate(*read, files_, setting_, now);
  if (!facts.ok()) return Refuse(facts.status());
  Apply(*std::move(read), *std::move(facts));
}

void Certificates::Apply(TlsMaterial material, TlsFacts facts) {
  watch_.SetInUse(ContentsOf(material));
  refused_.reset();
  auto served = std::make_shared<const Served>(
      Served{std::move(material), std::move(facts)});
  {
    const base::MutexLock lock(mutex_);
    served_ = served;
  }
  Count(CertificateReload::kOk);
  log_.Write(
      LogLevel::kInfo, "certificate_changed", [&](base::JsonObject& line) {
        line.Add("listener", listener_)
            .Add("expires_at", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ",
                                                served->facts.server.until,
                                                absl::UTCTimeZone()))
            .Add("sha256", served->facts.fingerprint);
      });
}

void Certificates::Refuse(const absl::Status& why) {
  if (refused_ == why) return;
  refused_ = why;
  Count(CertificateReload::kFailed);
  log_.Write(LogLevel::kWarning, "certificate_refused",
             [&](base::JsonObject& line) {
               line.Add("listener", listener_)
                   .Add("error", base::Std(why.message()))
                   .Add("advice",
                        "the old one is served until the files are repaired");
             });
}

}  // namespace usher::server
