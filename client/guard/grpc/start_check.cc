#include "client/guard/grpc/start_check.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/guard/decide/wrapped_methods.h"
#include "client/guard/grpc/gate_credentials.h"
#include "client/guard/grpc/internals/service_methods.h"
#include "grpc/support/log.h"
#include "grpcpp/impl/server_builder_option.h"
#include "grpcpp/impl/server_builder_plugin.h"
#include "lib/base/strings.h"
#include "usher/guarded_service.h"

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
  static std::vector<NamedService*> ServicesOf(grpc::ServerBuilder& builder) {
    return (builder.*(&Builder::services))();
  }
  // The methods that only a wrapper can be reached by: not those of a service
  // that is registered for one host, because another host may have another
  // handler. Null where there are none.
  static std::shared_ptr<const WrappedMethods> WrappedBy(
      grpc::ServerBuilder& builder) {
    std::set<std::string> wrapped;
    for (const NamedService* named : ServicesOf(builder)) {
      const auto* guarded = dynamic_cast<const GuardedService*>(named->service);
      if (guarded != nullptr && named->host == nullptr) {
        wrapped.insert(guarded->wrapped().begin(), guarded->wrapped().end());
      }
    }
    for (const NamedService* named : ServicesOf(builder)) {
      if (named->host == nullptr &&
          dynamic_cast<const GuardedService*>(named->service) != nullptr) {
        continue;
      }
      for (const auto& method : MethodsOf(*named->service)) {
        if (method != nullptr) wrapped.erase(method->name());
      }
    }
    if (wrapped.empty()) return nullptr;
    return std::make_shared<const WrappedMethods>(wrapped);
  }
  static std::vector<grpc::ServerBuilderOption*> OptionsOf(
      grpc::ServerBuilder& builder) {
    return (builder.*(&Builder::options))();
  }
};

absl::Status CheckPorts(grpc::ServerBuilder& builder,
                        const Authorizer* authorizer) {
  const auto ports = Builder::PortsOf(builder);
  if (ports.empty()) {
    return Fault(
        "the server has no port with a gate. Write "
        "builder.AddListeningPort(address, guard->SslCredentials(options))");
  }
  for (const auto& port : ports) {
    const auto* gate = dynamic_cast<const GateCredentials*>(port.creds.get());
    if (gate != nullptr && gate->BelongsTo(authorizer)) continue;
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

absl::Status CheckCredentials(
    grpc::ServerBuilder& builder,
    const std::shared_ptr<const WrappedMethods>& wrapped) {
  for (const auto& port : Builder::PortsOf(builder)) {
    const auto* gate = dynamic_cast<const GateCredentials*>(port.creds.get());
    if (gate == nullptr || gate->Suits(wrapped)) continue;
    return Fault(base::StrCat(
        "the credentials of the port ", port.addr,
        " serve another server too, and one of the two has a GuardedService. "
        "Call guard->SslCredentials(options), or its like, once for each "
        "server"));
  }
  return absl::OkStatus();
}

absl::Status CheckServices(grpc::ServerBuilder& builder) {
  for (const auto* named : Builder::ServicesOf(builder)) {
    const auto* guarded = dynamic_cast<const GuardedService*>(named->service);
    if (guarded != nullptr && !guarded->fault().empty()) {
      return Fault(base::StrCat("GuardedService: ", guarded->fault()));
    }
  }
  return absl::OkStatus();
}

absl::Status UsedBefore() {
  return Fault(
      "the builder was started before, and that server took its interceptors "
      "with it. Use a builder for each server; where that one did not start, "
      "gRPC's log says why");
}

absl::Status CheckInterceptor(const Installation& installation) {
  if (installation.intact) return absl::OkStatus();
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
  StartCheck(std::shared_ptr<Authorizer> authorizer,
             std::shared_ptr<Installation> installation)
      : authorizer_(std::move(authorizer)),
        installation_(std::move(installation)) {}

  std::string name() override { return "usher_guard"; }
  void UpdateServerBuilder(grpc::ServerBuilder* builder) override {
    const absl::Status fault = Approve(*builder);
    if (!installation_->used) installation_->fault = fault;
    installation_->used = true;
    if (fault.ok()) return;
    gpr_log(GPR_ERROR, "usher: the server is not started: %s",
            std::string(fault.message()).c_str());
    builder->AddListeningPort("usher-refuses-to-start",
                              std::make_shared<NoPort>());
  }
  void InitServer(grpc::ServerInitializer*) override {}
  void Finish(grpc::ServerInitializer*) override {}
  void ChangeArguments(const std::string&, void*) override {}

 private:
  absl::Status Approve(grpc::ServerBuilder& builder) {
    if (installation_->used) return UsedBefore();
    absl::Status fault = CheckPorts(builder, authorizer_.get());
    fault.Update(CheckInterceptor(*installation_));
    fault.Update(CheckServices(builder));
    if (!fault.ok()) return fault;
    installation_->wrapped = Builder::WrappedBy(builder);
    for (const auto& port : Builder::PortsOf(builder)) {
      auto& gate = dynamic_cast<GateCredentials&>(*port.creds);
      if (!gate.ApproveOnePort(installation_->wrapped)) {
        return CheckCredentials(builder, installation_->wrapped);
      }
    }
    return absl::OkStatus();
  }

  const std::shared_ptr<Authorizer> authorizer_;
  const std::shared_ptr<Installation> installation_;
};

class StartCheckOption final : public grpc::ServerBuilderOption {
 public:
  StartCheckOption(std::shared_ptr<Authorizer> authorizer,
                   std::shared_ptr<Installation> installation)
      : authorizer_(std::move(authorizer)),
        installation_(std::move(installation)) {}

  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*
                         plugins) override {
    plugins->push_back(
        std::make_unique<StartCheck>(authorizer_, installation_));
  }

  bool BelongsTo(const Authorizer* authorizer) const {
    return authorizer_.get() == authorizer;
  }
  const Installation& installation() const { return *installation_; }

 private:
  const std::shared_ptr<Authorizer> authorizer_;
  const std::shared_ptr<Installation> installation_;
};

}  // namespace

void CheckAtStart(grpc::ServerBuilder& builder,
                  std::shared_ptr<Authorizer> authorizer,
                  std::shared_ptr<Installation> installation) {
  builder.SetOption(std::make_unique<StartCheckOption>(
      std::move(authorizer), std::move(installation)));
}

namespace {

absl::Status CheckUsed(const Installation& installation) {
  if (!installation.fault.ok()) return installation.fault;
  return installation.intact ? absl::OkStatus() : UsedBefore();
}

absl::Status CheckInstallation(grpc::ServerBuilder& builder,
                               const Installation& installation) {
  absl::Status fault = CheckInterceptor(installation);
  fault.Update(CheckServices(builder));
  fault.Update(CheckCredentials(builder, Builder::WrappedBy(builder)));
  return fault;
}

}  // namespace

absl::Status CheckNow(grpc::ServerBuilder& builder,
                      const Authorizer* authorizer) {
  absl::Status fault;
  bool found = false;
  for (grpc::ServerBuilderOption* option : Builder::OptionsOf(builder)) {
    const auto* check = dynamic_cast<const StartCheckOption*>(option);
    if (check == nullptr || !check->BelongsTo(authorizer)) continue;
    found = true;
    const Installation& installation = check->installation();
    // From then on the builder is no longer what the user made of it.
    if (installation.used) return CheckUsed(installation);
    fault.Update(CheckInstallation(builder, installation));
  }
  if (!found) {
    fault = Fault("the guard is not installed. Write guard->Install(builder)");
  }
  absl::Status ports = CheckPorts(builder, authorizer);
  return ports.ok() ? fault : ports;
}

}  // namespace usher::guard
