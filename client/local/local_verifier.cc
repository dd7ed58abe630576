#include "usher/local_verifier.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <future>
#include <utility>
#include <variant>

#include "absl/strings/str_replace.h"
#include "client/local/convert.h"
#include "lib/base/file.h"
#include "lib/base/mutex.h"
#include "lib/base/text/strings.h"
#include "lib/base/ticker.h"
#include "lib/config/config.h"
#include "lib/revocation/set.h"
#include "lib/verify/engine.h"
#include "lib/verify/revocation_check.h"
#include "lib/yaml/file_changes.h"

namespace usher {
namespace {

constexpr size_t kMaxRevocations = 1'000'000;
constexpr absl::Duration kMinReloadInterval = absl::Milliseconds(10);
constexpr absl::Duration kMaxReloadInterval = absl::Hours(24);

struct Loaded {
  std::vector<issuer::Config> issuers;
  std::vector<std::string> warnings;
};

absl::Status Invalid(const std::vector<std::string>& errors) {
  std::string text;
  for (const std::string& error : errors) {
    text += base::StrCat(text.empty() ? "" : "\n", error);
  }
  return absl::InvalidArgumentError(text);
}

// Sets `files` to those whose change is a change of the configuration.
absl::StatusOr<Loaded> IssuersOf(config::Loaded loaded,
                                 std::vector<yaml::FileRead>& files) {
  files = yaml::FilesToWatch(std::move(loaded.files),
                             /*has_errors=*/!loaded.config);
  if (!loaded.config) return Invalid(loaded.errors);
  Loaded result = {std::move(loaded.config->issuers), {}};
  for (size_t i = 0; i < result.issuers.size(); ++i) {
    for (std::string& warning : issuer::InsecureSettings(
             result.issuers[i], base::StrCat("issuers[", i, "]"))) {
      result.warnings.push_back(std::move(warning));
    }
  }
  return result;
}

absl::StatusOr<Loaded> FromOptions(std::vector<LocalIssuer> issuers) {
  Loaded result;
  std::vector<std::string> errors;
  for (size_t i = 0; i < issuers.size(); ++i) {
    const std::string path = base::StrCat("issuers[", i, "]");
    absl::StatusOr<issuer::Config> config = local::ToConfig(issuers[i]);
    if (!config.ok()) {
      errors.push_back(
          base::StrCat(path, ".", base::Std(config.status().message())));
      continue;
    }
    for (std::string& error : issuer::ValidationErrors(*config, path)) {
      errors.push_back(std::move(error));
    }
    for (std::string& warning : issuer::InsecureSettings(*config, path)) {
      result.warnings.push_back(std::move(warning));
    }
    result.issuers.push_back(*std::move(config));
  }
  for (std::string& error : issuer::ErrorsBetween(result.issuers)) {
    errors.push_back(std::move(error));
  }
  if (!errors.empty()) return Invalid(errors);
  return result;
}

absl::Status CheckOptions(const LocalVerifierOptions& options) {
  if (!options.config_file.empty() + !options.config_text.empty() +
          !options.issuers.empty() !=
      1) {
    return absl::InvalidArgumentError(
        "set exactly one of config_file, config_text and issuers");
  }
  if (options.deadline <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("deadline: must be more than 0");
  }
  if (options.reload_interval != absl::ZeroDuration() &&
      (options.reload_interval < kMinReloadInterval ||
       options.reload_interval > kMaxReloadInterval)) {
    return absl::InvalidArgumentError(
        "reload_interval: must be 0, or 10ms to 24h");
  }
  return absl::OkStatus();
}

void WriteToStandardError(const absl::Status& reloaded) {
  if (reloaded.ok()) return;
  const std::string line = base::StrCat(
      "usher: the changed configuration is not used: ",
      absl::StrReplaceAll(reloaded.message(), {{"\n", "; "}}), "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

struct LocalVerifier::Impl {
  explicit Impl(LocalVerifierOptions given) : options(std::move(given)) {}

  absl::Status Start();
  absl::Status Reload();

  const LocalVerifierOptions options;
  std::atomic<size_t> waiting{0};
  base::Mutex mutex;
  std::vector<std::string> warnings ABSL_GUARDED_BY(mutex);
  base::Mutex reload_mutex;  // one reload at a time
  std::vector<yaml::FileRead> files ABSL_GUARDED_BY(reload_mutex);
  base::FileWatch watch ABSL_GUARDED_BY(reload_mutex);
  revocation::Set revoked;
  // Its destructor runs the callbacks that wait, which use what is above.
  std::unique_ptr<verify::Engine> engine;
  std::optional<base::Ticker> poller;  // last: uses all of the above

 private:
  absl::StatusOr<Loaded> Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(reload_mutex);
  absl::Status LoadAndApply() ABSL_EXCLUSIVE_LOCKS_REQUIRED(reload_mutex);
  void Poll();
};

absl::Status LocalVerifier::Impl::Start() {
  {
    base::MutexLock reload_lock(reload_mutex);
    auto loaded = Load();
    if (!loaded.ok()) return loaded.status();
    auto created = verify::Engine::Create(std::move(loaded->issuers),
                                          {.revoked = &revoked});
    if (!created.ok()) return created.status();
    engine = *std::move(created);
    base::MutexLock lock(mutex);
    warnings = std::move(loaded->warnings);
  }
  if (options.config_file.empty() ||
      options.reload_interval == absl::ZeroDuration()) {
    return absl::OkStatus();
  }
  poller.emplace(absl::ToChronoMilliseconds(options.reload_interval),
                 base::LimitDutyCycle([this] { Poll(); }));
  return absl::OkStatus();
}

absl::StatusOr<Loaded> LocalVerifier::Impl::Load() {
  if (!options.issuers.empty()) return FromOptions(options.issuers);
  if (!options.config_text.empty()) {
    return IssuersOf(config::Parse(options.config_text, ""), files);
  }
  auto loaded = IssuersOf(config::Load(options.config_file), files);
  // A file with errors counts too, so that it is reported only once.
  watch.SetInUse(yaml::ContentsRead(files));
  return loaded;
}

absl::Status LocalVerifier::Impl::LoadAndApply() {
  auto loaded = Load();
  if (!loaded.ok()) return loaded.status();
  engine->Reload(std::move(loaded->issuers));
  base::MutexLock lock(mutex);
  warnings = std::move(loaded->warnings);
  return absl::OkStatus();
}

absl::Status LocalVerifier::Impl::Reload() {
  base::MutexLock lock(reload_mutex);
  return LoadAndApply();
}

void LocalVerifier::Impl::Poll() {
  absl::Status status;
  {
    base::MutexLock lock(reload_mutex);
    if (!watch.Poll(yaml::CurrentContents(files))) return;
    status = LoadAndApply();
  }
  if (options.on_reload) {
    options.on_reload(status);
  } else {
    WriteToStandardError(status);
  }
}

absl::StatusOr<std::unique_ptr<LocalVerifier>> LocalVerifier::Create(
    LocalVerifierOptions options) {
  if (absl::Status error = CheckOptions(options); !error.ok()) return error;
  auto impl = std::make_unique<Impl>(std::move(options));
  if (absl::Status error = impl->Start(); !error.ok()) return error;
  return std::unique_ptr<LocalVerifier>(new LocalVerifier(std::move(impl)));
}

LocalVerifier::LocalVerifier(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
LocalVerifier::~LocalVerifier() = default;

void LocalVerifier::Verify(const VerifyRequest& request, VerifyCallback done) {
  if (std::optional<Undecided> error = local::CheckRequest(request)) {
    return done(*std::move(error));
  }
  verify::Verifier::Outcome outcome =
      impl_->engine->Decide(request.token, local::ToRequirements(request));
  if (auto* decision = std::get_if<verify::Decision>(&outcome)) {
    return done(local::ToResult(decision->verdict));
  }
  if (std::holds_alternative<verify::AmbiguousAudience>(outcome)) {
    return done(local::BadRequest(
        base::StrCat("audiences: ", verify::AmbiguousAudience::kMessage)));
  }
  if (impl_->waiting.fetch_add(1, std::memory_order_relaxed) >=
      impl_->options.max_waiting) {
    impl_->waiting.fetch_sub(1, std::memory_order_relaxed);
    return done(Undecided{.cause = Undecided::Cause::kOverloaded,
                          .reason = Reason::kOverloaded,
                          .message = "too many verifications wait for keys",
                          .retry_after = absl::Seconds(1)});
  }
  const absl::Time latest =
      impl_->engine->clock().Now() + impl_->options.deadline;
  std::get<verify::Pending>(std::move(outcome))
      .Resume(std::min(latest, request.deadline.value_or(latest)),
              [done = std::move(done),
               &waiting = impl_->waiting](verify::Decision decision) mutable {
                waiting.fetch_sub(1, std::memory_order_relaxed);
                done(local::ToResult(decision.verdict));
              });
}

VerifyResult LocalVerifier::Verify(const VerifyRequest& request) {
  std::promise<VerifyResult> promise;
  std::future<VerifyResult> result = promise.get_future();
  Verify(request,
         [&promise](VerifyResult r) { promise.set_value(std::move(r)); });
  return result.get();
}

absl::Status LocalVerifier::Reload() {
  if (impl_->options.config_file.empty()) {
    return absl::FailedPreconditionError(
        "there is no configuration file to read again");
  }
  return impl_->Reload();
}

absl::Status LocalVerifier::Revoke(const LocalRevocation& revocation) {
  const absl::Time now = impl_->engine->clock().Now();
  const auto issuers = impl_->engine->issuers();
  const issuer::Issuer* issuer = issuers->FindNamed(revocation.issuer_name);
  if (!issuer) {
    return absl::InvalidArgumentError(
        "issuer_name: no issuer of that name is configured");
  }
  if (const auto error = verify::TenantError(*issuer, revocation.tenant)) {
    return absl::InvalidArgumentError(base::StrCat("tenant: ", *error));
  }
  const revocation::TargetView target = local::ToTarget(revocation);
  if (revocation.value.empty() !=
      (target.kind == revocation::Kind::kEverything)) {
    return absl::InvalidArgumentError(
        "value: must not be empty, except that everything has none");
  }
  const bool spares = revocation::SparesLaterTokens(target.kind);
  if (revocation.not_issued_after &&
      (!spares || *revocation.not_issued_after > now)) {
    return absl::InvalidArgumentError(
        "not_issued_after: must not be in the future, and is only for a "
        "subject, a client and everything");
  }
  if (impl_->revoked.size() >= kMaxRevocations) {
    return absl::ResourceExhaustedError("there are a million revocations");
  }
  const revocation::Set::Change change(
      target, spares ? revocation.not_issued_after.value_or(now)
                     : absl::InfiniteFuture());
  impl_->revoked.Apply({&change, 1});
  return absl::OkStatus();
}

void LocalVerifier::Unrevoke(const LocalRevocation& revocation) {
  const revocation::Set::Change change(local::ToTarget(revocation),
                                       std::nullopt);
  impl_->revoked.Apply({&change, 1});
}

std::vector<std::string> LocalVerifier::Warnings() const {
  base::MutexLock lock(impl_->mutex);
  return impl_->warnings;
}

std::vector<std::string> LocalVerifier::IssuersWithoutKeys() const {
  std::vector<std::string> names;
  const absl::Time now = impl_->engine->clock().Now();
  for (const auto& issuer : impl_->engine->issuers()->issuers()) {
    if (!issuer->IsReady(now)) names.push_back(issuer->config().name);
  }
  return names;
}

}  // namespace usher
