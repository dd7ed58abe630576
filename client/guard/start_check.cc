#include "client/guard/start_check.h"

#include <string>
#include <utility>
#include <vector>

#include "client/guard/gate.h"
#include "grpc/support/log.h"
#include "grpcpp/impl/server_builder_option.h"
#include "grpcpp/impl/server_builder_plugin.h"
#include "lib/base/strings.h"

namespace usher::guard {
namespace {

absl::Status Fault(const std::string& what) {
  return absl::FailedPreconditionError(what);
}

// Sees what a builder shows to classes derived from it.
class Builder : public grpc::ServerBuilder {
 public:
  static std::vector<Port> PortsOf(grpc::ServerBuilder& builder) {
    return (builder.*(&Builder::ports))();
  }
  static std::vector<grpc::ServerBuilderOption*> OptionsOf(
      grpc::ServerBuilder& builder) {
    return (builder.*(&Builder::options))();
  }
};

absl::Status CheckPorts(grpc::ServerBuilder& builder,
                        const Gatekeeper* keeper) {
  const auto ports = Builder::PortsOf(builder);
  if (ports.empty()) {
    return Fault(
        "the server has no port with a gate. Write "
        "builder.AddListeningPort(address, guard->SslCredentials(options))");
  }
  for (const auto& port : ports) {
    const auto* gate = dynamic_cast<const GateCredentials*>(port.creds.get());
    if (gate != nullptr && gate->BelongsTo(keeper)) continue;
    return Fault(base::StrCat(
        "the port ", port.addr, " has ",
        gate == nullptr ? "no gate" : "the gate of another guard",
        ", so anybody could call through it. Write builder.AddListeningPort(\"",
        port.addr,
        "\", guard->SslCredentials(options)), or TlsCredentials, "
        "LocalCredentials or InsecureCredentials of the same guard"));
  }
  return absl::OkStatus();
}

absl::Status CheckInterceptor(const Installed& installed) {
  if (*installed) return absl::OkStatus();
  return Fault(
      "the guard's interceptor was replaced, so handlers would not learn who "
      "is calling. Give your interceptors to guard->Install(builder, "
      "interceptors), once, instead of calling SetInterceptorCreators()");
}

// A port that never opens: the one way an option can make a start fail.
class NoPort final : public grpc::ServerCredentials {
 public:
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string&, grpc_server*) override { return 0; }
};

class StartCheck final : public grpc::ServerBuilderPlugin {
 public:
  StartCheck(std::shared_ptr<Gatekeeper> keeper, Installed installed)
      : keeper_(std::move(keeper)), installed_(std::move(installed)) {}

  std::string name() override { return "usher_guard"; }
  void UpdateServerBuilder(grpc::ServerBuilder* builder) override {
    absl::Status fault = CheckPorts(*builder, keeper_.get());
    fault.Update(CheckInterceptor(installed_));
    if (fault.ok()) return ApprovePorts(*builder);
    gpr_log(GPR_ERROR, "usher: the server is not started: %s",
            std::string(fault.message()).c_str());
    builder->AddListeningPort("usher-refuses-to-start",
                              std::make_shared<NoPort>());
  }
  void InitServer(grpc::ServerInitializer*) override {}
  void Finish(grpc::ServerInitializer*) override {}
  void ChangeArguments(const std::string&, void*) override {}

 private:
  static void ApprovePorts(grpc::ServerBuilder& builder) {
    for (const auto& port : Builder::PortsOf(builder)) {
      dynamic_cast<GateCredentials&>(*port.creds).ApproveOnePort();
    }
  }

  const std::shared_ptr<Gatekeeper> keeper_;
  const Installed installed_;
};

class StartCheckOption final : public grpc::ServerBuilderOption {
 public:
  StartCheckOption(std::shared_ptr<Gatekeeper> keeper, Installed installed)
      : keeper_(std::move(keeper)), installed_(std::move(installed)) {}

  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*
                         plugins) override {
    plugins->push_back(std::make_unique<StartCheck>(keeper_, installed_));
  }

  bool BelongsTo(const Gatekeeper* keeper) const {
    return keeper_.get() == keeper;
  }
  const Installed& installed() const { return installed_; }

 private:
  const std::shared_ptr<Gatekeeper> keeper_;
  const Installed installed_;
};

}  // namespace

void CheckAtStart(grpc::ServerBuilder& builder,
                  std::shared_ptr<Gatekeeper> keeper, Installed installed) {
  builder.SetOption(std::make_unique<StartCheckOption>(std::move(keeper),
                                                       std::move(installed)));
}

absl::Status CheckNow(grpc::ServerBuilder& builder, const Gatekeeper* keeper) {
  absl::Status fault = CheckPorts(builder, keeper);
  bool found = false;
  for (grpc::ServerBuilderOption* option : Builder::OptionsOf(builder)) {
    const auto* check = dynamic_cast<const StartCheckOption*>(option);
    if (check == nullptr || !check->BelongsTo(keeper)) continue;
    found = true;
    fault.Update(CheckInterceptor(check->installed()));
  }
  if (!found) {
    fault.Update(
        Fault("the guard is not installed. Write guard->Install(builder)"));
  }
  return fault;
}

}  // namespace usher::guard
