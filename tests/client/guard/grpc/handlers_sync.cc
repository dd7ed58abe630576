#include "tests/client/guard/grpc/handlers.h"

namespace usher::testing {
namespace {

class SyncEcho final : public Handlers, public Echo::Service {
 public:
  explicit SyncEcho(Counter& counter) : counter_(counter) {}

  void Register(grpc::ServerBuilder& builder) override {
    builder.RegisterService(this);
  }

  grpc::Status Unary(grpc::ServerContext* context, const EchoRequest*,
                     EchoReply* reply) override {
    *reply = ReplyTo(*context, counter_);
    return grpc::Status::OK;
  }
  grpc::Status ClientStream(grpc::ServerContext* context,
                            grpc::ServerReader<EchoRequest>* reader,
                            EchoReply* reply) override {
    *reply = ReplyTo(*context, counter_);
    EchoRequest request;
    while (reader->Read(&request)) {
    }
    return grpc::Status::OK;
  }
  grpc::Status ServerStream(grpc::ServerContext* context, const EchoRequest*,
                            grpc::ServerWriter<EchoReply>* writer) override {
    writer->Write(ReplyTo(*context, counter_));
    return grpc::Status::OK;
  }
  grpc::Status Bidi(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<EchoReply, EchoRequest>* stream) override {
    const EchoReply reply = ReplyTo(*context, counter_);
    EchoRequest request;
    while (stream->Read(&request)) {
    }
    stream->Write(reply);
    return grpc::Status::OK;
  }

 private:
  Counter& counter_;
};

}  // namespace

std::unique_ptr<Handlers> MakeSync(Counter& counter) {
  return std::make_unique<SyncEcho>(counter);
}

}  // namespace usher::testing
