#include "server/net/tls/certificates.h"

#include <utility>

#include "lib/base/result.h"
#include "lib/base/text/strings.h"

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
  USHER_TRY(const std::string crl, ReadClientCrl(files, setting));
  USHER_TRY(auto revoked, ParseClientCrl(crl, material, files, setting, now));
  std::shared_ptr<Certificates> opened(new Certificates(
      std::move(files), std::move(listener), std::move(setting), log));
  opened->watch_.SetInUse(ContentsOf(material));
  opened->crl_watch_.SetInUse({base::ContentIdOf(crl)});
  opened->Serve({std::move(material), std::move(facts), std::move(revoked)});
  return opened;
}

std::shared_ptr<const Certificates::Served> Certificates::served() const {
  const base::MutexLock lock(mutex_);
  return served_;
}

void Certificates::Serve(Served served) {
  auto next = std::make_shared<const Served>(std::move(served));
  const base::MutexLock lock(mutex_);
  served_ = std::move(next);
}

void Certificates::Poll(absl::Time now) {
  PollMaterial(now);
  PollRevocations(now);
}

void Certificates::PollMaterial(absl::Time now) {
  absl::StatusOr<TlsMaterial> read = ReadTlsFiles(files_, setting_);
  if (!watch_.Poll(ContentsOf(read))) {
    refused_.reset();
    return;
  }
  constexpr std::string_view kAdvice =
      "the old one is served until the files are repaired";
  if (!read.ok()) return Refuse(read.status(), refused_, kAdvice);
  auto facts = Validate(*read, files_, setting_, now);
  if (!facts.ok()) return Refuse(facts.status(), refused_, kAdvice);
  Apply(*std::move(read), *std::move(facts));
}

void Certificates::PollRevocations(absl::Time now) {
  const auto in_use = served();
  if (in_use->revoked == nullptr) return;
  const bool expired = now > in_use->revoked->expires_at();
  if (expired && !crl_expired_) {
    log_.Write(LogLevel::kWarning, "client_crl_expired",
               [&](base::JsonObject& line) {
                 line.Add("listener", listener_)
                     .Add("file", *files_.client_crl)
                     .Add("effect", files_.client_crl_required
                                        ? "clients of its issuer are refused"
                                        : "it is still used");
               });
  }
  crl_expired_ = expired;
  const auto read = ReadClientCrl(files_, setting_);
  if (!crl_watch_.Poll({base::ContentIdOf(read)})) {
    crl_refused_.reset();
    return;
  }
  constexpr std::string_view kAdvice =
      "the last good lists are used until the file is repaired";
  if (!read.ok()) return Refuse(read.status(), crl_refused_, kAdvice);
  auto revoked = ParseClientCrl(*read, in_use->material, files_, setting_, now);
  if (revoked.ok() && now > (*revoked)->expires_at()) {
    revoked = absl::FailedPreconditionError(base::Absl(
        base::StrCat(setting_, ".client_crl: has a list that has expired")));
  }
  if (!revoked.ok()) return Refuse(revoked.status(), crl_refused_, kAdvice);
  crl_watch_.SetInUse({base::ContentIdOf(read)});
  crl_refused_.reset();
  const absl::Time until = (*revoked)->expires_at();
  Serve({in_use->material, in_use->facts, *std::move(revoked)});
  Count(CertificateReload::kOk);
  log_.Write(
      LogLevel::kInfo, "client_crl_changed", [&](base::JsonObject& line) {
        line.Add("listener", listener_)
            .Add("expires_at", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", until,
                                                absl::UTCTimeZone()));
      });
}

void Certificates::Apply(TlsMaterial material, TlsFacts facts) {
  watch_.SetInUse(ContentsOf(material));
  refused_.reset();
  const TlsFacts served_facts = facts;
  Serve({std::move(material), std::move(facts), served()->revoked});
  Count(CertificateReload::kOk);
  log_.Write(
      LogLevel::kInfo, "certificate_changed", [&](base::JsonObject& line) {
        line.Add("listener", listener_)
            .Add("expires_at", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ",
                                                served_facts.server.until,
                                                absl::UTCTimeZone()))
            .Add("sha256", served_facts.fingerprint);
      });
}

void Certificates::Refuse(const absl::Status& why,
                          std::optional<absl::Status>& refused,
                          std::string_view advice) {
  if (refused == why) return;
  refused = why;
  Count(CertificateReload::kFailed);
  log_.Write(LogLevel::kWarning, "certificate_refused",
             [&](base::JsonObject& line) {
               line.Add("listener", listener_)
                   .Add("error", base::Std(why.message()))
                   .Add("advice", advice);
             });
}

void Certificates::OnRefused(CertificateRefusal why, absl::Time now) {
  refused_clients_[static_cast<size_t>(why)].fetch_add(
      1, std::memory_order_relaxed);
  if (!refused_lines_.Allows(now)) return;
  log_.Write(LogLevel::kWarning, "client_certificate_refused",
             [&](base::JsonObject& line) {
               line.Add("listener", listener_).Add("reason", MessageFor(why));
             });
}

}  // namespace usher::server
