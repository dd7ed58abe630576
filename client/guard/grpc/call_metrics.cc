#include "client/guard/grpc/call_metrics.h"

#include <utility>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "grpcpp/impl/server_builder_option.h"
#include "grpcpp/impl/server_builder_plugin.h"
#include "grpcpp/impl/server_initializer.h"
#include "lib/base/text/strings.h"

namespace usher::guard {
namespace {

constexpr std::string_view kUnknown = "unknown";

ServedMethod::Type TypeOf(const google::protobuf::MethodDescriptor& method) {
  using enum ServedMethod::Type;
  if (method.client_streaming()) {
    return method.server_streaming() ? kBidiStream : kClientStream;
  }
  return method.server_streaming() ? kServerStream : kUnary;
}

class AddServicesPlugin final : public grpc::ServerBuilderPlugin {
 public:
  explicit AddServicesPlugin(std::shared_ptr<CallMetrics> call_metrics)
      : call_metrics_(std::move(call_metrics)) {}
  std::string name() override { return "usher_guard_call_metrics"; }
  void InitServer(grpc::ServerInitializer*) override {}
  void Finish(grpc::ServerInitializer* initializer) override {
    call_metrics_->AddServices(*initializer->GetServiceList());
  }
  void ChangeArguments(const std::string&, void*) override {}

 private:
  const std::shared_ptr<CallMetrics> call_metrics_;
};

class AddServicesOption final : public grpc::ServerBuilderOption {
 public:
  explicit AddServicesOption(std::shared_ptr<CallMetrics> call_metrics)
      : call_metrics_(std::move(call_metrics)) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*
                         plugins) override {
    plugins->push_back(std::make_unique<AddServicesPlugin>(call_metrics_));
  }

 private:
  const std::shared_ptr<CallMetrics> call_metrics_;
};

}  // namespace

CallMetrics::CallMetrics(std::shared_ptr<GuardObserver> observer,
                         MethodObserver& unknown)
    : observer_(std::move(observer)),
      unknown_(unknown),
      methods_(std::make_unique<const Methods>()) {}

std::shared_ptr<CallMetrics> CallMetrics::Create(
    std::shared_ptr<GuardObserver> observer) {
  if (observer == nullptr) return nullptr;
  MethodObserver* unknown =
      observer->Observe({std::string(kUnknown), std::string(kUnknown),
                         ServedMethod::Type::kUnknown});
  if (unknown == nullptr) return nullptr;
  return std::shared_ptr<CallMetrics>(
      new CallMetrics(std::move(observer), *unknown));
}

void CallMetrics::AddServices(const std::vector<std::string>& services) {
  base::MutexLock lock(adding_);
  auto methods = [this] {
    const auto known = methods_.Read();
    return std::make_unique<Methods>(*known);
  }();
  const auto add = [&](const std::string& path, ServedMethod method) {
    MethodObserver* observer = observer_->Observe(method);
    if (observer != nullptr) methods->try_emplace(path, observer);
  };
  const auto& pool = *google::protobuf::DescriptorPool::generated_pool();
  for (const std::string& service : services) {
    const std::string prefix = base::StrCat("/", service, "/");
    const auto* descriptor = pool.FindServiceByName(service);
    if (descriptor == nullptr) {
      add(prefix,
          {service, std::string(kUnknown), ServedMethod::Type::kUnknown});
      continue;
    }
    for (int i = 0; i < descriptor->method_count(); ++i) {
      const auto& method = *descriptor->method(i);
      // A string_view since protobuf 30.
      const std::string name(method.name());
      add(prefix + name, {service, name, TypeOf(method)});
    }
  }
  methods_.Publish(std::move(methods));
}

MethodObserver& CallMetrics::Find(std::string_view path) const {
  const auto methods = methods_.Read();
  auto found = methods->find(base::Absl(path));
  if (found == methods->end()) {
    found = methods->find(base::Absl(path.substr(0, path.rfind('/') + 1)));
  }
  return found == methods->end() ? unknown_ : *found->second;
}

void CallMetrics::CountRefused(std::string_view path, absl::StatusCode code,
                               absl::Duration took) const {
  MethodObserver& observer = Find(path);
  observer.OnStarted();
  observer.OnHandled(code, took);
}

void AddServicesAtStart(grpc::ServerBuilder& builder,
                        std::shared_ptr<CallMetrics> call_metrics) {
  builder.SetOption(
      std::make_unique<AddServicesOption>(std::move(call_metrics)));
}

}  // namespace usher::guard
