// The service: creates all parts and connects them.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/snapshot.h"
#include "lib/base/ticker.h"
#include "lib/config/config.h"
#include "lib/config/memory_plan.h"
#include "lib/http/client.h"
#include "lib/httpd/server.h"
#include "lib/verify/engine.h"
#include "server/app/config_reload.h"
#include "server/core/active_config.h"
#include "server/core/admission.h"
#include "server/core/container_limits.h"
#include "server/core/memory_return.h"
#include "server/monitor/readiness.h"
#include "server/monitor/ready_file.h"
#include "server/monitor/sources.h"
#include "server/net/acceptor.h"
#include "server/net/descriptors.h"
#include "server/net/grpc_listener.h"
#include "server/net/grpc_log.h"
#include "server/net/poller_keepalive.h"
#include "server/net/self_probe.h"
#include "server/net/tls/certificates.h"
#include "server/net/tls/rotating_credentials.h"
#include "server/rpc/admin_service.h"
#include "server/rpc/shared_refresh.h"
#include "server/rpc/token_service.h"
#include "server/stats/audit_log.h"
#include "server/stats/counters.h"
#include "server/stats/introspection_log.h"
#include "server/stats/key_fetch_log.h"
#include "server/stats/reload_stats.h"
#include "server/stats/verdict_history.h"

namespace usher::server {

// Runs from Start() to Drain().
class App {
 public:
  // The configuration file to watch, and all files that it was read from.
  struct File {
    std::string path;
    std::vector<yaml::FileRead> read;
  };
  struct Options {
    std::optional<File> file;           // absent: no reload
    std::vector<std::string> warnings;  // of the configuration, for the log
    std::optional<std::string> ready_file;
    base::Log::Sink log = base::Log::StandardError();
    // A listener does not answer any more: the process has to end, and its
    // supervisor to start it again.
    std::function<void(const std::string& why)> on_deaf =
        [](const std::string&) {};
  };

  // Listens and answers when it returns; keys may not have arrived yet (see
  // readiness). Fails if an address cannot be used or a file cannot be read;
  // the error says how to repair it.
  static absl::StatusOr<std::unique_ptr<App>> Start(config::Config config,
                                                    Options options);
  ~App();  // drains, unless that has been done

  // Where it listens, with the ports that the system chose.
  const Addresses& addresses() const { return addresses_; }

  // Reads the configuration file again, changed or not, and applies it if it
  // has no errors. Blocks until then. Logs the result.
  void ReloadConfig();

  // Reports NOT_SERVING and goes on serving for the configured delay. Then
  // accepts no new request, and lets running requests finish within the
  // configured grace. Blocks until then. Can be called again.
  void Drain();

 private:
  App(config::Config config, Options options, verify::Engine::HttpClients http);
  verify::Engine::Options LogStart();
  void LogMemoryPlan();
  absl::Status Listen();
  ConnectionShares ShareDescriptors();
  void ProbeListeners();
  absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> OpenCertificates(
      const std::optional<config::Tls>& tls, const char* listener,
      const char* setting, ClientCertificate client_certificate);
  absl::StatusOr<std::unique_ptr<httpd::Server>> ServeStatusPage(
      size_t max_connections);
  Sources MonitorSources();
  void LogAddresses();
  void WatchConfig();
  void Tick();
  void UpdateHealth(bool serving);
  void UpdateReadyFile(bool serving);

  // The configuration of the start. For everything that a reload can change,
  // see active_config_.
  const std::shared_ptr<const config::Config> first_config_;
  const config::Config& config_;
  const Options options_;

  // Every part uses only parts above it: they are destroyed in reverse order.
  const base::SystemClock clock_;
  const absl::Time started_at_ = clock_.Now();
  VerdictHistory history_{std::chrono::steady_clock::now()};
  base::Log log_;
  const GrpcLog grpc_log_;
  Counters counters_;
  const std::unique_ptr<AuditLog> audit_;  // null: there is no audit log
  KeyFetchLog key_fetch_log_;
  IntrospectionLog introspection_log_;
  const ContainerLimits container_;
  const config::MemoryPlan memory_plan_;
  AdmissionLimit waiting_limit_;
  AdmissionLimit batch_limit_;
  verify::SignatureBudget signature_budget_;
  verify::Engine engine_;
  base::Snapshot<ActiveConfig> active_config_;
  ReloadStats reloads_{started_at_};
  std::unique_ptr<Reload> reload_;  // null: no file to watch
  SharedRefresh shared_refresh_;
  TokenService token_service_;
  AdminService admin_service_;
  Readiness readiness_;

  std::vector<std::shared_ptr<Certificates>> certificates_;
  std::vector<std::shared_ptr<grpc::ServerCredentials>> credentials_;
  AllListenerStats listener_stats_;
  Listening tokens_;
  Listening admin_;
  std::unique_ptr<httpd::Server> metrics_server_;
  std::unique_ptr<httpd::Server> status_page_;
  std::unique_ptr<PollerKeepalive> poller_keepalive_;
  Addresses addresses_;
  // What the ready file says; used by ticker_ only.
  std::optional<bool> ready_file_serving_;
  std::unique_ptr<SelfProbe> self_probe_;  // null: it is off
  std::unique_ptr<base::Ticker> probe_ticker_;
  std::unique_ptr<base::Ticker> ticker_;
  std::unique_ptr<base::Ticker> certificate_watch_;
  std::unique_ptr<base::Ticker> config_watch_;
  MemoryReturn memory_return_;  // used by memory_watch_ only
  std::unique_ptr<base::Ticker> memory_watch_;
  bool drained_ = false;
};

}  // namespace usher::server
