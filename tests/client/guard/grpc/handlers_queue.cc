#include "tests/client/guard/grpc/event_loop.h"
#include "tests/client/guard/grpc/handlers.h"

namespace usher::testing {
namespace {

using Service = Echo::AsyncService;

// One call. Keeps itself alive through the steps it has outstanding.
template <typename Responder>
class Call : public std::enable_shared_from_this<Call<Responder>> {
 public:
  explicit Call(Counter& shared) : counter(shared) {}

  // Reads until the client has no more, then runs `then`.
  void ReadAll(std::function<void()> then) {
    responder.Read(&request, EventLoop::Tag([self = this->shared_from_this(),
                                             then](bool ok) {
      ok ? self->ReadAll(then) : then();
    }));
  }
  // The last step of each: holds the call until then.
  void* End() {
    return EventLoop::Tag([self = this->shared_from_this()](bool) {});
  }

  Counter& counter;
  grpc::ServerContext context;
  Responder responder{&context};
  EchoRequest request;
};

using UnaryCall = Call<grpc::ServerAsyncResponseWriter<EchoReply>>;
using ClientStreamCall = Call<grpc::ServerAsyncReader<EchoReply, EchoRequest>>;
using ServerStreamCall = Call<grpc::ServerAsyncWriter<EchoReply>>;
using BidiCall = Call<grpc::ServerAsyncReaderWriter<EchoReply, EchoRequest>>;

class QueueEcho final : public Handlers {
 public:
  explicit QueueEcho(Counter& counter) : counter_(counter) {}

  void Register(grpc::ServerBuilder& builder) override {
    builder.RegisterService(&service_);
    loop_.Register(builder);
  }
  void Start() override {
    AwaitUnary();
    AwaitClientStream();
    AwaitServerStream();
    AwaitBidi();
    loop_.Start();
  }
  void Stop() override { loop_.Stop(); }

 private:
  void AwaitUnary() {
    auto call = std::make_shared<UnaryCall>(counter_);
    service_.RequestUnary(
        &call->context, &call->request, &call->responder, loop_.queue(),
        loop_.queue(), EventLoop::Tag([this, call](bool ok) {
          if (!ok) return;
          AwaitUnary();
          call->responder.Finish(ReplyTo(call->context, call->counter),
                                 grpc::Status::OK, call->End());
        }));
  }
  void AwaitClientStream() {
    auto call = std::make_shared<ClientStreamCall>(counter_);
    service_.RequestClientStream(
        &call->context, &call->responder, loop_.queue(), loop_.queue(),
        EventLoop::Tag([this, call](bool ok) {
          if (!ok) return;
          AwaitClientStream();
          const EchoReply reply = ReplyTo(call->context, call->counter);
          call->ReadAll([call, reply] {
            call->responder.Finish(reply, grpc::Status::OK, call->End());
          });
        }));
  }
  void AwaitServerStream() {
    auto call = std::make_shared<ServerStreamCall>(counter_);
    service_.RequestServerStream(
        &call->context, &call->request, &call->responder, loop_.queue(),
        loop_.queue(), EventLoop::Tag([this, call](bool ok) {
          if (!ok) return;
          AwaitServerStream();
          call->responder.WriteAndFinish(ReplyTo(call->context, call->counter),
                                         grpc::WriteOptions(), grpc::Status::OK,
                                         call->End());
        }));
  }
  void AwaitBidi() {
    auto call = std::make_shared<BidiCall>(counter_);
    service_.RequestBidi(
        &call->context, &call->responder, loop_.queue(), loop_.queue(),
        EventLoop::Tag([this, call](bool ok) {
          if (!ok) return;
          AwaitBidi();
          const EchoReply reply = ReplyTo(call->context, call->counter);
          call->ReadAll([call, reply] {
            call->responder.WriteAndFinish(reply, grpc::WriteOptions(),
                                           grpc::Status::OK, call->End());
          });
        }));
  }

  Counter& counter_;
  Service service_;
  EventLoop loop_;
};

}  // namespace

std::unique_ptr<Handlers> MakeQueue(Counter& counter) {
  return std::make_unique<QueueEcho>(counter);
}

}  // namespace usher::testing
