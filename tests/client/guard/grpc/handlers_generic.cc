// Generic servers take any method as a stream of bytes: they read all there is
// and write one reply, which fits all four kinds.
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/support/byte_buffer.h"
#include "tests/client/guard/grpc/event_loop.h"
#include "tests/client/guard/grpc/handlers.h"

namespace usher::testing {
namespace {

grpc::ByteBuffer BytesOf(const EchoReply& reply) {
  const grpc::Slice slice(reply.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

struct GenericCall {
  grpc::GenericServerContext context;
  grpc::GenericServerAsyncReaderWriter stream{&context};
  grpc::ByteBuffer request;
};

class QueueGenericEcho final : public Handlers {
 public:
  explicit QueueGenericEcho(Counter& counter) : counter_(counter) {}

  void Register(grpc::ServerBuilder& builder) override {
    builder.RegisterAsyncGenericService(&service_);
    loop_.Register(builder);
  }
  void Start() override {
    Await();
    loop_.Start();
  }
  void Stop() override { loop_.Stop(); }

 private:
  void Await() {
    auto call = std::make_shared<GenericCall>();
    service_.RequestCall(&call->context, &call->stream, loop_.queue(),
                         loop_.queue(), EventLoop::Tag([this, call](bool ok) {
                           if (!ok) return;
                           Await();
                           ReadAll(call, ReplyTo(call->context, counter_));
                         }));
  }
  static void ReadAll(std::shared_ptr<GenericCall> call, EchoReply reply) {
    call->stream.Read(&call->request, EventLoop::Tag([call, reply](bool ok) {
      if (ok) return ReadAll(call, reply);
      call->stream.WriteAndFinish(BytesOf(reply), grpc::WriteOptions(),
                                  grpc::Status::OK,
                                  EventLoop::Tag([call](bool) {}));
    }));
  }

  Counter& counter_;
  grpc::AsyncGenericService service_;
  EventLoop loop_;
};

class GenericReactor final : public grpc::ServerGenericBidiReactor {
 public:
  explicit GenericReactor(const EchoReply& reply) : reply_(BytesOf(reply)) {
    StartRead(&request_);
  }
  void OnReadDone(bool ok) override {
    if (ok) return StartRead(&request_);
    StartWriteAndFinish(&reply_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer request_;
  const grpc::ByteBuffer reply_;
};

class CallbackGenericEcho final : public Handlers,
                                  public grpc::CallbackGenericService {
 public:
  explicit CallbackGenericEcho(Counter& counter) : counter_(counter) {}

  void Register(grpc::ServerBuilder& builder) override {
    builder.RegisterCallbackGenericService(this);
  }
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new GenericReactor(ReplyTo(*context, counter_));
  }

 private:
  Counter& counter_;
};

}  // namespace

std::unique_ptr<Handlers> MakeQueueGeneric(Counter& counter) {
  return std::make_unique<QueueGenericEcho>(counter);
}
std::unique_ptr<Handlers> MakeCallbackGeneric(Counter& counter) {
  return std::make_unique<CallbackGenericEcho>(counter);
}

}  // namespace usher::testing
