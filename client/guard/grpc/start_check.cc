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
#include "grpcpp/impl/server_builder_option.h"
#include "grpcpp/impl/server_builder_plugin.h"
#include "lib/base/text/strings.h"
#include "lib/rpc/grpc_log.h"
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

absl::Status CheckPort(const Builder::Port& port,
                       const Authorizer* authorizer) {
  const auto* gate = dynamic_cast<const GateCredentials*>(port.creds.get());
  if (gate == nullptr || !gate->BelongsTo(authorizer)) {
    return Error(base::StrCat(
        "the port ", port.addr, " has ",
        gate == nullptr ? "no gate" : "the gate of another guard",
        ", so calls through it would not be checked. Write "
        "builder.AddListeningPort(\"",
        port.addr,
        "\", guard->SslCredentials(options)), or TlsCredentials, "
        "LocalCredentials or InsecureCredentials of the same guard, and put "
        "nothing around them (no XdsServerCredentials)"));
  }
  if (!gate->error().empty()) {
    return Error(base::StrCat("the port ", port.addr,
                              " cannot be opened: ", gate->error()));
  }
  if (gate->has_processor()) {
    return Error(base::StrCat(
        "the credentials of the port ", port.addr,
        " were given an AuthMetadataProcessor, which would replace the gate. "
        "Remove SetAuthMetadataProcessor(), and do what it did in an "
        "interceptor: guard->Install(builder, interceptors)"));
  }
  return absl::OkStatus();
}

absl::Status CheckPorts(grpc::ServerBuilder& builder,
                        const Authorizer* authorizer) {
  if (Builder::CountPortless(builder) > 0) {
    return Error(
        "the server has an external connection acceptor or a passive listener, "
        "and the guard does not check calls that come that way. Use "
        "builder.AddListeningPort(address, guard->SslCredentials(options)) "
        "instead");
  }
  const auto ports = Builder::PortsOf(builder);
  if (ports.empty()) {
    return Error(
        "the server has no port with a gate. Write "
        "builder.AddListeningPort(address, guard->SslCredentials(options))");
  }
  for (const auto& port : ports) {
    if (absl::Status error = CheckPort(port, authorizer); !error.ok()) {
      return error;
    }
  }
  return absl::OkStatus();
}

absl::Status CheckCredentials(
    grpc::ServerBuilder& builder,
    const std::shared_ptr<const WrappedMethods>& wrapped) {
  for (const auto& port : Builder::PortsOf(builder)) {
    const auto* gate = dynamic_cast<const GateCredentials*>(port.creds.get());
    if (gate == nullptr || gate->AcceptsWrapped(wrapped)) continue;
    return Error(SharedCredentialsError(port.addr));
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

// `first` is how the first start ended.
absl::Status AlreadyStarted(const absl::Status& first) {
  return Error(base::StrCat(
      "the builder was started before, and that server took its interceptors. "
      "Use one builder for each server",
      first.ok() ? "" : "; the first start failed: ",
      base::Std(first.message())));
}

absl::Status CheckInterceptor(const Installation& installation) {
  if (installation.replaced_interceptors) {
    return Error(
        "SetInterceptorCreators() was called before guard->Install(), which "
        "replaced those interceptors. Give them to guard->Install(builder, "
        "interceptors) instead, and call it once");
  }
  if (installation.has_interceptor) return absl::OkStatus();
  return Error(
      "the guard's interceptor was replaced, so FindCaller() would find no "
      "caller. Call guard->Install(builder, interceptors) once for each "
      "builder, with your own interceptors, and not SetInterceptorCreators()");
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
    const absl::Status error = Check(*builder);
    installation_->started = true;
    approved_ = error.ok();
    if (error.ok()) return;
    installation_->start_error = error;
    rpc::LogError(base::StrCat("usher: the server is not started: ",
                               base::Std(error.message())));
    Builder::RemovePassiveListeners(*builder);
    builder->AddListeningPort("usher-refuses-to-start",
                              std::make_shared<FailingPort>());
  }
  // Before the ports are opened.
  void InitServer(grpc::ServerInitializer* initializer) override {
    if (approved_) installation_->server = Builder::ServerOf(*initializer);
  }
  void Finish(grpc::ServerInitializer*) override {}
  void ChangeArguments(const std::string&, void*) override {}

 private:
  absl::Status Check(grpc::ServerBuilder& builder) {
    if (installation_->started) {
      return AlreadyStarted(installation_->start_error);
    }
    absl::Status error = CheckPorts(builder, authorizer_.get());
    error.Update(CheckInterceptor(*installation_));
    error.Update(CheckServices(builder));
    auto wrapped = WrappedMethodsOf(builder);
    error.Update(CheckCredentials(builder, wrapped));
    if (!error.ok()) return error;
    installation_->wrapped = std::move(wrapped);
    for (const auto& port : Builder::PortsOf(builder)) {
      dynamic_cast<GateCredentials&>(*port.creds).Approve(installation_);
    }
    return absl::OkStatus();
  }

  const std::shared_ptr<Authorizer> authorizer_;
  const std::shared_ptr<Installation> installation_;
  bool approved_ = false;
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
  if (installation.has_interceptor) return absl::OkStatus();
  return Error(
      "the server of this builder did not start, or has ended. If it did not "
      "start, gRPC's log says why");
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

bool HasInterceptors(const grpc::ServerBuilder& builder) {
  return Builder::CountInterceptors(builder) > 0;
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
