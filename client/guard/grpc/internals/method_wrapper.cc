#include "client/guard/grpc/internals/method_wrapper.h"

#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message_lite.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/method_handler.h"
#include "grpcpp/support/sync_stream.h"

namespace usher::guard {
namespace {

using grpc::internal::MethodHandler;
using ApiType = ServiceMethod::ApiType;

// The guard's interceptor replaces this status by the refusal.
grpc::Status NotAdmitted() {
  return {grpc::StatusCode::UNAUTHENTICATED, "no guard has admitted the call"};
}

class Wrapper : public MethodHandler {
 public:
  Wrapper(const ServiceMethod& method, IsAdmitted is_admitted)
      : method_(method), is_admitted_(is_admitted) {}

  void RunHandler(const HandlerParameter& call) final {
    if (is_admitted_(*call.server_context)) return handler().RunHandler(call);
    Refuse(call);
  }
  void* Deserialize(grpc_call* call, grpc_byte_buffer* request,
                    grpc::Status* status, void** data) final {
    return handler().Deserialize(call, request, status, data);
  }

 protected:
  MethodHandler& handler() const { return *method_.handler(); }
  // Ends the call and frees what handler() would have freed.
  virtual void Refuse(const HandlerParameter& call) = 0;

 private:
  const ServiceMethod& method_;
  const IsAdmitted is_admitted_;
};

class SyncWrapper final : public Wrapper {
 public:
  using Wrapper::Wrapper;

 private:
  void Refuse(const HandlerParameter& call) override {
    // The message lies in the call's arena, but what it owns does not.
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
  // As if the request could not be read: gRPC's handler then makes no reactor
  // and frees everything.
  void Refuse(const HandlerParameter& call) override {
    handler().RunHandler(HandlerParameter(
        call.call, call.server_context, call.request, NotAdmitted(),
        call.internal_data, call.call_requester));
  }
};

bool HasSingleRequest(const ServiceMethod& method) {
  return method.method_type() == ServiceMethod::NORMAL_RPC ||
         method.method_type() == ServiceMethod::SERVER_STREAMING;
}

// Whether the program has generated code for the method's messages.
bool HasGeneratedMessages(const ServiceMethod& method) {
  std::string name(method.name());  // "/shop.v1.Orders/List"
  if (!name.starts_with('/')) return false;
  name.erase(0, 1);
  if (const size_t slash = name.rfind('/'); slash != std::string::npos) {
    name[slash] = '.';
  }
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
             name) != nullptr;
}

MethodHandler* MakeWrapper(const ServiceMethod& method,
                           IsAdmitted is_admitted) {
  if (method.api_type() == ApiType::SYNC) {
    return new SyncWrapper(method, is_admitted);
  }
  return new CallbackWrapper(method, is_admitted);
}

}  // namespace

const char* WhyNotWrappable(const ServiceMethod& method) {
  if (method.handler() == nullptr) {
    return " is served on a completion queue, so it has no handler to wrap. "
           "Register the service itself";
  }
  if (method.api_type() == ApiType::SYNC && HasSingleRequest(method) &&
      !HasGeneratedMessages(method)) {
    return " has no protobuf descriptor in this program. If its messages are "
           "protobuf, the linker dropped the .pb.cc of its service, because "
           "nothing refers to it: link that library as a whole "
           "($<LINK_LIBRARY:WHOLE_ARCHIVE,NAME> in CMake). Or register the "
           "service itself";
  }
  return nullptr;
}

std::unique_ptr<ServiceMethod> WrapMethod(const ServiceMethod& method,
                                          IsAdmitted is_admitted) {
  // The new method owns its handler.
  auto wrapper = std::make_unique<ServiceMethod>(
      method.name(), method.method_type(), MakeWrapper(method, is_admitted));
  if (method.api_type() != ApiType::SYNC) {
    wrapper->SetServerApiType(method.api_type());
  }
  return wrapper;
}

}  // namespace usher::guard
