#include "usher/local_verifier.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <utility>
#include <variant>

#include "client/local/convert.h"
#include "lib/base/mutex.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"
#include "lib/verify/engine.h"

namespace usher {
namespace {

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

absl::StatusOr<Loaded> LoadFile(const std::string& path) {
  config::Loaded loaded = config::Load(path);
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

}  // namespace

struct LocalVerifier::Impl {
  Impl(LocalVerifierOptions given, std::vector<std::string> first_warnings)
      : options(std::move(given)), warnings(std::move(first_warnings)) {}

  const LocalVerifierOptions options;
  std::atomic<size_t> waiting{0};
  base::Mutex mutex;
  std::vector<std::string> warnings ABSL_GUARDED_BY(mutex);
  // Last: its destructor runs the callbacks that wait.
  std::unique_ptr<verify::Engine> engine;
};

absl::StatusOr<std::unique_ptr<LocalVerifier>> LocalVerifier::Create(
    LocalVerifierOptions options) {
  if (options.config_file.empty() == options.issuers.empty()) {
    return absl::InvalidArgumentError(
        "set exactly one of config_file and issuers");
  }
  if (options.deadline <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("deadline: must be more than 0");
  }
  auto loaded = options.config_file.empty() ? FromOptions(options.issuers)
                                            : LoadFile(options.config_file);
  if (!loaded.ok()) return loaded.status();
  auto engine = verify::Engine::Create(std::move(loaded->issuers), {});
  if (!engine.ok()) return engine.status();
  auto impl =
      std::make_unique<Impl>(std::move(options), std::move(loaded->warnings));
  impl->engine = *std::move(engine);
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
  auto loaded = LoadFile(impl_->options.config_file);
  if (!loaded.ok()) return loaded.status();
  impl_->engine->Reload(std::move(loaded->issuers));
  base::MutexLock lock(impl_->mutex);
  impl_->warnings = std::move(loaded->warnings);
  return absl::OkStatus();
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
