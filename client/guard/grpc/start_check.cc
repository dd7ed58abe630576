#include "client/guard/grpc/start_check.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/guard/decide/wrapped_methods.h"
#include "client/guard/grpc/gate_credentials.h"
#include "client/guard/grpc/internals/custom_server_credentials.h"
#include "client/guard/grpc/internals/server_builder_access.h"
#include "client/guard/grpc/internals/service_methods.h"
#include "grpc/support/log.h"
#include "grpcpp/impl/server_builder_option.h"
#include "grpcpp/impl/server_builder_plugin.h"
#include "lib/base/strings.h"
#include "usher/guarded_service.h"

namespace usher::guard {
namespace {

using Builder = ServerBuilderAccess;

absl::Status Error(const std::string& what) {
  return absl::FailedPreconditionError(what);
}

bool IsWrapper(const Builder::NamedService& named) {
  // A service that is registered for one host does not count: another host may
  // have another handler for the same path.
  return named.host == nullptr &&
         dynamic_cast<const GuardedService*>(named.service) != nullptr;
}

// The methods that can be reached only through a wrapper. Null if there are
// none.
std::shared_ptr<const WrappedMethods> WrappedMethodsOf(
    grpc::ServerBuilder& builder) {
  const auto services = Builder::ServicesOf(builder);
  std::set<std::string> wrapped;
  for (const Builder::NamedService* named : services) {
    if (!IsWrapper(*named)) continue;
    const auto& guarded = dynamic_cast<const GuardedService&>(*named->service);
    wrapped.insert(guarded.wrapped().begin(), guarded.wrapped().end());
  }
  for (const Builder::NamedService* named : services) {
    if (IsWrapper(*named)) continue;
    for (const auto& method : MethodsOf(*named->service)) {
      if (method != nullptr) wrapped.erase(method->name());
    }
  }
  if (wrapped.empty()) return nullptr;
  return std::make_shared<const WrappedMethods>(wrapped);
}

absl::Status CheckPorts(grpc::ServerBuilder& builder,
                        const Authorizer* authorizer) {
  const auto ports = Builder::PortsOf(builder);
  if (ports.empty()) {
    return Error(
        "the server has no port with a gate. Write "
        "builder.AddListeningPort(address, guard->SslCredentials(options))");
  }
  for (const auto& port : ports) {
    const auto* gate = dynamic_cast<const GateCredentials*>(port.creds.get());
    if (gate != nullptr && gate->BelongsTo(authorizer)) continue;
    return Error(base::StrCat(
        "the port ", port.addr, " has ",
        gate == nullptr ? "no gate" : "the gate of another guard",
        ", so calls through it would not be checked. Write "
        "builder.AddListeningPort(\"",
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
    if (gate == nullptr || gate->AcceptsWrapped(wrapped)) continue;
    return Error(base::StrCat(
        "the credentials of the port ", port.addr,
        " are used by another server too, and only one of the two has a "
        "GuardedService. Call guard->SslCredentials(options), or the function "
        "that you use, once for each server"));
  }
  return absl::OkStatus();
}

absl::Status CheckServices(grpc::ServerBuilder& builder) {
  for (const auto* named : Builder::ServicesOf(builder)) {
    const auto* guarded = dynamic_cast<const GuardedService*>(named->service);
    if (guarded != nullptr && !guarded->error().empty()) {
      return Error(base::StrCat("GuardedService: ", guarded->error()));
    }
  }
  return absl::OkStatus();
}

absl::Status AlreadyStarted() {
  return Error(
      "the builder was started before, and that server took its interceptors. "
      "Use one builder for each server; if that server did not start, gRPC's "
      "log says why");
}

absl::Status CheckInterceptor(const Installation& installation) {
  if (installation.has_interceptor) return absl::OkStatus();
  return Error(
      "the guard's interceptor was replaced, so FindCaller() would find no "
      "caller. Give your interceptors to guard->Install(builder, "
      "interceptors), once, instead of calling SetInterceptorCreators()");
}

// A port that never opens: only this lets an option make a start fail.
class FailingPort final : public CustomServerCredentials {
 private:
  int OpenPort(const std::string&, grpc_server*) override { return 0; }
};

class StartCheck final : public grpc::ServerBuilderPlugin {
 public:
  StartCheck(std::shared_ptr<Authorizer> authorizer,
             std::shared_ptr<Installation> installation)
      : authorizer_(std::move(authorizer)),
        installation_(std::move(installation)) {}

  std::string name() override { return "usher_guard"; }
  void UpdateServerBuilder(grpc::ServerBuilder* builder) override {
    const absl::Status error = Approve(*builder);
    if (!installation_->started) installation_->start_error = error;
    installation_->started = true;
    if (error.ok()) return;
    gpr_log(GPR_ERROR, "usher: the server is not started: %s",
            std::string(error.message()).c_str());
    builder->AddListeningPort("usher-refuses-to-start",
                              std::make_shared<FailingPort>());
  }
  void InitServer(grpc::ServerInitializer*) override {}
  void Finish(grpc::ServerInitializer*) override {}
  void ChangeArguments(const std::string&, void*) override {}

 private:
  absl::Status Approve(grpc::ServerBuilder& builder) {
    if (installation_->started) return AlreadyStarted();
    absl::Status error = CheckPorts(builder, authorizer_.get());
    error.Update(CheckInterceptor(*installation_));
    error.Update(CheckServices(builder));
    if (!error.ok()) return error;
    installation_->wrapped = WrappedMethodsOf(builder);
    for (const auto& port : Builder::PortsOf(builder)) {
      auto& gate = dynamic_cast<GateCredentials&>(*port.creds);
      if (!gate.ApprovePort(installation_->wrapped)) {
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

absl::Status CheckStarted(const Installation& installation) {
  if (!installation.start_error.ok()) return installation.start_error;
  return installation.has_interceptor ? absl::OkStatus() : AlreadyStarted();
}

absl::Status CheckInstallation(grpc::ServerBuilder& builder,
                               const Installation& installation) {
  absl::Status error = CheckInterceptor(installation);
  error.Update(CheckServices(builder));
  error.Update(CheckCredentials(builder, WrappedMethodsOf(builder)));
  return error;
}

}  // namespace

void CheckAtStart(grpc::ServerBuilder& builder,
                  std::shared_ptr<Authorizer> authorizer,
                  std::shared_ptr<Installation> installation) {
  builder.SetOption(std::make_unique<StartCheckOption>(
      std::move(authorizer), std::move(installation)));
}

absl::Status CheckNow(grpc::ServerBuilder& builder,
                      const Authorizer* authorizer) {
  absl::Status error;
  bool found = false;
  for (grpc::ServerBuilderOption* option : Builder::OptionsOf(builder)) {
    const auto* check = dynamic_cast<const StartCheckOption*>(option);
    if (check == nullptr || !check->BelongsTo(authorizer)) continue;
    found = true;
    const Installation& installation = check->installation();
    // A builder that was started has changed: its ports and services say
    // nothing any more.
    if (installation.started) return CheckStarted(installation);
    error.Update(CheckInstallation(builder, installation));
  }
  if (!found) {
    error = Error("the guard is not installed. Write guard->Install(builder)");
  }
  absl::Status ports = CheckPorts(builder, authorizer);
  return ports.ok() ? error : ports;
}

}  // namespace usher::guard
