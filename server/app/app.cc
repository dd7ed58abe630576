#include "server/app/app.h"

#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "lib/base/result.h"
#include "lib/base/text/strings.h"
#include "server/core/version.h"
#include "server/monitor/monitor_endpoint.h"
#include "server/monitor/status_page/endpoint.h"
#include "server/net/grpc_listener.h"
#include "server/net/tls/rotating_credentials.h"

namespace usher::server {
namespace {

using base::LogLevel;

constexpr size_t kMostWaiting = 20'000;
constexpr size_t kMostBatches = 256;
// The memory to plan with where neither the configuration nor a container
// limits it.
constexpr size_t kUnlimitedMemory = size_t{1} << 30;
constexpr auto kPause =
    std::chrono::milliseconds(PollerKeepalive::kPauseMilliseconds);
// A changed certificate is served after twice that.
constexpr auto kCertificatePause = std::chrono::seconds(1);
constexpr auto kConfigPause = std::chrono::seconds(1);
constexpr auto kMemoryPause = std::chrono::seconds(5);
constexpr const char* kServiceNames[] = {"", "usher.v1.TokenService"};

verify::TokenCache::Limits LimitsOf(const config::TokenCacheLimits& config) {
  return {.entries = config.enabled ? config.entries : 0,
          .bytes = config.bytes,
          .longest_life = config.longest_life};
}

MemoryBrake MemoryBrakeOf(const config::MemoryPlan& plan) {
  return {plan.Brake(), ResidentMemory,
          [memory_return = MemoryReturn()]() mutable { memory_return.Poll(); }};
}

config::MemoryPlan PlanOf(const config::Config& config,
                          const ContainerLimits& container) {
  return config::PlanMemory(config.limits.memory.value_or(
                                container.memory.value_or(kUnlimitedMemory)),
                            config.token_cache,
                            config::AnswerCacheBytes(config.issuers));
}

double ProcessorsOf(const config::Config& config,
                    const ContainerLimits& container) {
  if (const auto percent = config.limits.cpu_percent) {
    return static_cast<double>(*percent) / 100;
  }
  const double all = std::max(1u, std::thread::hardware_concurrency());
  return std::min(all, container.processors.value_or(all));
}

// If client services are configured, the handshake refuses a peer without a
// certificate.
ClientCertificate ClientCertificateOf(const config::Config& config) {
  return config.insecure_allow_anonymous_callers ? ClientCertificate::kOptional
                                                 : ClientCertificate::kRequired;
}

}  // namespace

App::App(config::Config config, Options options,
         verify::Engine::HttpClients http)
    : first_config_(std::make_shared<const config::Config>(std::move(config))),
      config_(*first_config_),
      options_(std::move(options)),
      log_(clock_, config_.log_level, options_.log),
      grpc_log_(log_),
      counters_(IssuerNames(config_)),
      audit_(config_.audit ? std::make_unique<AuditLog>(*config_.audit, clock_)
                           : nullptr),
      key_fetch_log_(log_, clock_, counters_),
      introspection_log_(log_, clock_, counters_),
      container_(ReadContainerLimits()),
      memory_plan_(PlanOf(config_, container_)),
      waiting_limit_({kMostWaiting, memory_plan_.waiting},
                     "tokens that wait for keys"),
      batch_limit_({kMostBatches, memory_plan_.batches},
                   "batches being verified"),
      signature_budget_(ProcessorsOf(config_, container_)),
      engine_(config_.issuers, std::move(http), LogStart()),
      active_config_(
          MakeActiveConfig(first_config_, options_.warnings, engine_)),
      shared_refresh_(clock_, engine_.scheduler()),
      token_service_({active_config_, clock_, counters_, engine_.executor(),
                      waiting_limit_, batch_limit_, audit_.get()}),
      admin_service_({active_config_, clock_, counters_, shared_refresh_}),
      readiness_(active_config_, clock_, log_,
                 [this](bool serving) { UpdateHealth(serving); }) {}

absl::StatusOr<std::unique_ptr<App>> App::Start(config::Config config,
                                                Options options) {
  auto http = verify::Engine::CreateHttpClients();
  if (!http.ok()) return http.status();
  std::unique_ptr<App> app(
      new App(std::move(config), std::move(options), *std::move(http)));
  if (absl::Status status = app->Listen(); !status.ok()) return status;
  app->LogAddresses();
  app->ticker_ = std::make_unique<base::Ticker>(
      kPause, [app = app.get()] { app->Tick(); });
  if (!app->certificates_.empty()) {
    app->certificate_watch_ =
        std::make_unique<base::Ticker>(kCertificatePause, [app = app.get()] {
          for (const auto& certificates : app->certificates_) {
            certificates->Poll(app->clock_.Now());
          }
        });
  }
  app->WatchConfig();
  app->memory_watch_ = std::make_unique<base::Ticker>(
      kMemoryPause, [app = app.get()] { app->memory_return_.Poll(); });
  app->ProbeListeners();
  return app;
}

App::~App() { Drain(); }

// Before the first key is fetched, which is logged too.
verify::Engine::Options App::LogStart() {
  log_.Write(LogLevel::kInfo, "starting", [this](base::JsonObject& line) {
    line.Add("version", kVersion).Add("issuers", config_.issuers.size());
  });
  for (const std::string& warning : options_.warnings) {
    log_.Write(LogLevel::kWarning, "insecure",
               [&](base::JsonObject& line) { line.Add("warning", warning); });
  }
  LogMemoryPlan();
  return {.token_cache = LimitsOf(config_.token_cache),
          .budget = &signature_budget_,
          .observer = &counters_,
          .key_observer = &key_fetch_log_,
          .introspection_observer = &introspection_log_,
          .clock = &clock_};
}

void App::LogMemoryPlan() {
  const config::MemoryPlan& plan = memory_plan_;
  log_.Write(plan.Fits() ? LogLevel::kInfo : LogLevel::kWarning, "memory",
             [&](base::JsonObject& line) {
               line.Add("limit_bytes", plan.total)
                   .Add("planned_bytes", plan.Sum())
                   .Add("token_cache_bytes", plan.token_cache)
                   .Add("answer_cache_bytes", plan.answer_cache)
                   .Add("waiting_bytes", plan.waiting)
                   .Add("batch_bytes", plan.batches)
                   .Add("transport_bytes", plan.transport);
               if (plan.Fits()) return;
               line.Add("warning",
                        "the process may need more memory than its limit: "
                        "raise the limit or lower token_cache.bytes");
             });
}

absl::Status App::Listen() {
  if (audit_) {
    if (absl::Status opened = audit_->Open(); !opened.ok()) return opened;
  }
  USHER_TRY(auto credentials, OpenCertificates(config_.tls, "listen", "tls",
                                               ClientCertificateOf(config_)));
  USHER_TRY(auto admin_credentials,
            OpenCertificates(config_.admin_tls, "admin", "admin.tls",
                             ClientCertificate::kRequired));
  const ConnectionShares shares = ShareDescriptors();
  USHER_TRY(tokens_, ListenForTokens(
                         {config_.listen, shares.listen, listener_stats_.listen,
                          log_, MemoryBrakeOf(memory_plan_)},
                         credentials, config_.connections, token_service_,
                         memory_plan_.Quota()));
  UpdateHealth(false);
  USHER_TRY(admin_, ListenForAdmin({config_.admin_listen, shares.admin,
                                    listener_stats_.admin, log_},
                                   admin_credentials, config_.connections,
                                   admin_service_));
  UpdateHealth(false);
  USHER_TRY(metrics_server_, ServeMetrics(config_.metrics_listen,
                                          shares.metrics, MonitorSources()));
  USHER_TRY(status_page_, ServeStatusPage(shares.status_page));
  addresses_ = {tokens_.acceptor->address(), admin_.acceptor->address(),
                metrics_server_->address(),
                status_page_ ? status_page_->address() : ""};
  poller_keepalive_ = std::make_unique<PollerKeepalive>(*tokens_.server);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> App::OpenCertificates(
    const std::optional<config::Tls>& tls, const char* listener,
    const char* setting, ClientCertificate client_certificate) {
  if (!tls) return MakeCredentials(nullptr, client_certificate, clock_);
  USHER_TRY(auto certificates,
            Certificates::Open(*tls, listener, setting, log_, clock_.Now()));
  certificates_.push_back(certificates);
  return credentials_.emplace_back(
      MakeCredentials(std::move(certificates), client_certificate, clock_));
}

// The limit holds for the whole process, so it is raised before any listener
// opens.
ConnectionShares App::ShareDescriptors() {
  const DescriptorLimit limit = RaiseDescriptorLimit();
  const size_t wanted =
      ConnectionsThatFit(memory_plan_.total, config_.max_connections);
  const ConnectionShares shares = ShareOut(limit.now, wanted);
  const bool lowered = shares.listen < wanted;
  const LogLevel level = lowered ? LogLevel::kWarning : LogLevel::kInfo;
  log_.Write(level, "file_descriptors", [&](base::JsonObject& line) {
    line.Add("limit", limit.now)
        .Add("limit_at_start", limit.at_start)
        .Add("connections_listen", shares.listen)
        .Add("connections_admin", shares.admin)
        .Add("connections_metrics", shares.metrics)
        .Add("connections_status_page", shares.status_page);
    if (lowered) {
      line.Add("advice",
               "max_connections does not fit: raise the hard limit "
               "of file descriptors (ulimit -Hn)");
    }
  });
  return shares;
}

void App::ProbeListeners() {
  if (config_.self_probe.interval == absl::ZeroDuration()) return;
  const auto grpc = [](ListenerStats& stats, const Listening& listening,
                       const std::optional<config::Tls>& tls) {
    return SelfProbe::Target{stats, listening.acceptor->address(),
                             tls ? ProbeProtocol::kTls : ProbeProtocol::kHttp2,
                             listening.acceptor.get()};
  };
  const auto http = [](ListenerStats& stats, const std::string& address) {
    return SelfProbe::Target{stats, address, ProbeProtocol::kHttp1, nullptr};
  };
  std::vector<SelfProbe::Target> targets = {
      grpc(listener_stats_.listen, tokens_, config_.tls),
      grpc(listener_stats_.admin, admin_, config_.admin_tls),
      http(listener_stats_.metrics, addresses_.metrics)};
  if (status_page_) {
    targets.push_back(
        http(listener_stats_.status_page, addresses_.status_page));
  }
  self_probe_ = std::make_unique<SelfProbe>(
      std::move(targets), config_.self_probe.timeout, log_, options_.on_deaf);
  probe_ticker_ = std::make_unique<base::Ticker>(
      absl::ToChronoMilliseconds(config_.self_probe.interval),
      [this] { self_probe_->RunOnce(); });
}

absl::StatusOr<std::unique_ptr<httpd::Server>> App::ServeStatusPage(
    size_t max_connections) {
  if (!config_.status_page_enabled) return nullptr;
  return status_page::Serve(config_.status_page_listen, max_connections,
                            MonitorSources());
}

Sources App::MonitorSources() {
  return {.clock = clock_,
          .active_config = active_config_,
          .token_cache = engine_.token_cache(),
          .answer_cache = engine_.answer_cache(),
          .counters = counters_,
          .history = history_,
          .reloads = reloads_,
          .waiting_limit = waiting_limit_,
          .batch_limit = batch_limit_,
          .signature_budget = signature_budget_,
          .audit = audit_.get(),
          .certificates = certificates_,
          .listeners = listener_stats_,
          .readiness = readiness_,
          .started_at = started_at_};
}

void App::LogAddresses() {
  log_.Write(LogLevel::kInfo, "listening", [this](base::JsonObject& line) {
    line.Add("listen", addresses_.listen)
        .Add("admin", addresses_.admin)
        .Add("metrics", addresses_.metrics)
        .Add("status_page", addresses_.status_page)
        .Add("tls", config_.tls.has_value());
  });
}

void App::Tick() {
  poller_keepalive_->Ping();
  history_.Update(std::chrono::steady_clock::now(),
                  [this] { return counters_.verdicts.Sum(); });
  UpdateReadyFile(readiness_.Update().serving());
}

void App::UpdateReadyFile(bool serving) {
  if (!options_.ready_file || ready_file_serving_ == serving) return;
  ready_file_serving_ = serving;
  const absl::Status written =
      WriteReadyFile(*options_.ready_file, addresses_, serving);
  if (written.ok()) return;
  log_.Write(LogLevel::kError, "ready_file", [&](base::JsonObject& line) {
    line.Add("error", base::Std(written.message()));
  });
}

void App::UpdateHealth(bool serving) {
  // The admin listener reports it too, for clients without a certificate for
  // the other, such as the health check of a container.
  for (const Listening* listening : {&tokens_, &admin_}) {
    if (!listening->server) continue;
    auto* health = listening->server->GetHealthCheckService();
    for (const char* name : kServiceNames) {
      health->SetServingStatus(name, serving);
    }
  }
}

void App::WatchConfig() {
  if (!options_.file) return;
  reload_ = std::make_unique<Reload>(
      Reload::Deps{active_config_, engine_, counters_, key_fetch_log_,
                   introspection_log_, reloads_, log_},
      options_.file->path, options_.file->read);
  config_watch_ = std::make_unique<base::Ticker>(
      kConfigPause, base::LimitDutyCycle([this] { reload_->Poll(); }));
}

void App::ReloadConfig() {
  if (reload_) reload_->ApplyNow();
}

void App::Drain() {
  if (std::exchange(drained_, true)) return;
  readiness_.Drain();
  config_watch_.reset();
  probe_ticker_.reset();
  const auto config = [this] {
    const auto active = active_config_.Read();
    return active->config;
  }();
  if (tokens_.server) {
    log_.Write(LogLevel::kInfo, "draining", [&](base::JsonObject& line) {
      line.Add("requests", counters_.in_flight.value())
          .Add("delay_seconds", absl::ToDoubleSeconds(config->shutdown_delay))
          .Add("grace_seconds", absl::ToDoubleSeconds(config->shutdown_grace));
    });
    absl::SleepFor(config->shutdown_delay);
  }
  certificate_watch_.reset();
  memory_watch_.reset();
  ticker_.reset();
  poller_keepalive_.reset();
  const auto deadline = std::chrono::system_clock::now() +
                        absl::ToChronoNanoseconds(config->shutdown_grace);
  for (const Listening* listening : {&tokens_, &admin_}) {
    if (listening->acceptor) listening->acceptor->Stop();
  }
  if (tokens_.server) tokens_.server->Shutdown(deadline);
  shared_refresh_.Stop();
  if (admin_.server) {
    admin_.server->Shutdown(std::chrono::system_clock::now());
  }
  metrics_server_.reset();
  status_page_.reset();
  log_.Write(LogLevel::kInfo, "stopped");
}

}  // namespace usher::server
