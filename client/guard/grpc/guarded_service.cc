#include "usher/guarded_service.h"

#include <utility>

#include "client/guard/grpc/caller_slot.h"
#include "client/guard/grpc/internals/service_methods.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message_lite.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/method_handler.h"
#include "grpcpp/support/sync_stream.h"
#include "lib/base/strings.h"

namespace usher {
namespace {

using grpc::internal::MethodHandler;
using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;
using ApiType = RpcServiceMethod::ApiType;

// What the interceptor puts the true refusal in the place of.
grpc::Status NotAdmitted() {
  return {grpc::StatusCode::UNAUTHENTICATED, "no guard has admitted the call"};
}

// Stands before the handler of one method, and runs it for admitted calls.
class Wrapper : public MethodHandler {
 public:
  explicit Wrapper(const RpcServiceMethod& method) : method_(method) {}

  void RunHandler(const HandlerParameter& call) final {
    const guard::CallerSlot* slot = guard::CallerSlot::Of(*call.server_context);
    if (slot != nullptr && slot->admits()) return handler().RunHandler(call);
    Refuse(call);
  }
  void* Deserialize(grpc_call* call, grpc_byte_buffer* request,
                    grpc::Status* status, void** data) final {
    return handler().Deserialize(call, request, status, data);
  }

 protected:
  MethodHandler& handler() const { return *method_.handler(); }
  // Ends the call, and frees whatever handler() would have.
  virtual void Refuse(const HandlerParameter& call) = 0;

 private:
  const RpcServiceMethod& method_;
};

class SyncWrapper final : public Wrapper {
 public:
  using Wrapper::Wrapper;

 private:
  void Refuse(const HandlerParameter& call) override {
    // It lies in the call's arena; what it holds does not.
    if (call.status.ok() && call.request != nullptr) {
      static_cast<google::protobuf::MessageLite*>(call.request)->~MessageLite();
    }
    // Ends a call of any kind without reading.
    using Stream = grpc::ServerReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;
    grpc::internal::TemplatedBidiStreamingHandler<Stream, false>(
        [](grpc::ServerContext*, Stream*) { return NotAdmitted(); })
        .RunHandler(call);
  }
};

class CallbackWrapper final : public Wrapper {
 public:
  using Wrapper::Wrapper;

 private:
  // As if the request could not be read: no reactor is made of the user's, and
  // everything is freed.
  void Refuse(const HandlerParameter& call) override {
    handler().RunHandler(HandlerParameter(
        call.call, call.server_context, call.request, NotAdmitted(),
        call.internal_data, call.call_requester));
  }
};

bool HasOneRequest(const RpcMethod& method) {
  return method.method_type() == RpcMethod::NORMAL_RPC ||
         method.method_type() == RpcMethod::SERVER_STREAMING;
}

// Whether it is a method of a protobuf service, whose messages are generated.
bool SpeaksProtobuf(const RpcMethod& method) {
  std::string name(method.name());  // "/shop.v1.Orders/List"
  if (!name.starts_with('/')) return false;
  name.erase(0, 1);
  if (const size_t slash = name.rfind('/'); slash != std::string::npos) {
    name[slash] = '.';
  }
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
             name) != nullptr;
}

const char* FaultOf(const RpcServiceMethod& method) {
  if (method.handler() == nullptr) {
    return " is served on a completion queue, so there is no handler to stand "
           "before. Register the service itself";
  }
  if (method.api_type() == ApiType::SYNC && HasOneRequest(method) &&
      !SpeaksProtobuf(method)) {
    return " takes no generated protobuf message. Register the service itself";
  }
  return nullptr;
}

MethodHandler* MakeWrapper(const RpcServiceMethod& method) {
  if (method.api_type() == ApiType::SYNC) return new SyncWrapper(method);
  return new CallbackWrapper(method);
}

}  // namespace

GuardedService::GuardedService(grpc::Service& service) {
  for (const auto& method : guard::MethodsOf(service)) {
    if (method == nullptr) continue;  // left to a generic service
    if (const char* fault = FaultOf(*method)) {
      fault_ = base::StrCat(method->name(), fault);
      continue;
    }
    auto wrapper = std::make_unique<RpcServiceMethod>(
        method->name(), method->method_type(), MakeWrapper(*method));
    if (method->api_type() != ApiType::SYNC) {
      wrapper->SetServerApiType(method->api_type());
    }
    AddMethod(wrapper.release());
    wrapped_.insert(method->name());
  }
}

}  // namespace usher
