// Refuses a call with rich details, and reads them with the real google.rpc
// messages in the same program.
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/server_builder.h>
#include <usher/refuse.h>

#include <future>
#include <iostream>

namespace {

// Refuses every call.
class Refuser final : public grpc::CallbackGenericService {
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    class Reactor final : public grpc::ServerGenericBidiReactor {
     public:
      explicit Reactor(const grpc::Status& status) { Finish(status); }
      void OnDone() override { delete this; }
    };
    return new Reactor(usher::RefuseScopes(*context, {"orders.write"}));
  }
};

grpc::Status Call(int port) {
  grpc::TemplatedGenericStub<google::rpc::Status, google::rpc::Status> stub(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                          grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  google::rpc::Status request, response;
  std::promise<grpc::Status> ended;
  stub.UnaryCall(&context, "/shop.v1.Orders/Delete", grpc::StubOptions(),
                 &request, &response,
                 [&](grpc::Status status) { ended.set_value(status); });
  return ended.get_future().get();
}

}  // namespace

int main() {
  Refuser service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterCallbackGenericService(&service);
  const auto server = builder.BuildAndStart();
  const grpc::Status status = Call(port);
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (!details.ParseFromString(status.error_details()) ||
      details.details_size() == 0 || !details.details(0).UnpackTo(&info)) {
    std::cerr << "no ErrorInfo: " << status.error_message() << "\n";
    return 1;
  }
  std::cout << info.domain() << " " << info.reason() << "\n";
  return info.reason() == "SCOPE_INSUFFICIENT" ? 0 : 1;
}
