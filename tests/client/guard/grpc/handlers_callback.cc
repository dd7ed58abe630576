#include "tests/client/guard/grpc/handlers.h"

namespace usher::testing {
namespace {

class ReadAll final : public grpc::ServerReadReactor<EchoRequest> {
 public:
  ReadAll() { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    ok ? StartRead(&request_) : Finish(grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  EchoRequest request_;
};

class WriteOne final : public grpc::ServerWriteReactor<EchoReply> {
 public:
  explicit WriteOne(EchoReply reply) : reply_(std::move(reply)) {
    StartWriteAndFinish(&reply_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  const EchoReply reply_;
};

class ReadAllWriteOne final
    : public grpc::ServerBidiReactor<EchoRequest, EchoReply> {
 public:
  explicit ReadAllWriteOne(EchoReply reply) : reply_(std::move(reply)) {
    StartRead(&request_);
  }
  void OnReadDone(bool ok) override {
    if (ok) return StartRead(&request_);
    StartWriteAndFinish(&reply_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  EchoRequest request_;
  const EchoReply reply_;
};

class CallbackEcho final : public Handlers, public Echo::CallbackService {
 public:
  explicit CallbackEcho(Counter& counter) : counter_(counter) {}

  void Register(grpc::ServerBuilder& builder) override {
    builder.RegisterService(this);
  }

  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context,
                                  const EchoRequest*,
                                  EchoReply* reply) override {
    *reply = ReplyTo(*context, counter_);
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerReadReactor<EchoRequest>* ClientStream(
      grpc::CallbackServerContext* context, EchoReply* reply) override {
    *reply = ReplyTo(*context, counter_);
    return new ReadAll;
  }
  grpc::ServerWriteReactor<EchoReply>* ServerStream(
      grpc::CallbackServerContext* context, const EchoRequest*) override {
    return new WriteOne(ReplyTo(*context, counter_));
  }
  grpc::ServerBidiReactor<EchoRequest, EchoReply>* Bidi(
      grpc::CallbackServerContext* context) override {
    return new ReadAllWriteOne(ReplyTo(*context, counter_));
  }

 private:
  Counter& counter_;
};

}  // namespace

std::unique_ptr<Handlers> MakeCallback(Counter& counter) {
  return std::make_unique<CallbackEcho>(counter);
}

}  // namespace usher::testing
