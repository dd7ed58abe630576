// A guarded server on a completion queue:
//
//   greeter_queue ADDRESS USHERD
//
// serves until its standard input ends. A test runs it.
#include <grpcpp/server_builder.h>
#include <usher/guard.h>

#include <functional>
#include <iostream>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "greeter.grpc.pb.h"

namespace {

using greeter::v1::HelloReply;
using greeter::v1::HelloRequest;
using Service = greeter::v1::Greeter::AsyncService;
using Queue = grpc::ServerCompletionQueue;

// Where calls come in. Once it is closed nothing may begin any more: gRPC does
// not survive that.
struct Entrance {
  Service service;
  std::unique_ptr<Queue> queue;
  std::mutex mutex;
  bool closed = false;
};

// Asks the queue for the next call of one method: Service::RequestHello.
using Request = void (Service::*)(grpc::ServerContext*, HelloRequest*,
                                  grpc::ServerAsyncResponseWriter<HelloReply>*,
                                  grpc::CompletionQueue*, Queue*, void*);
using Answer = std::function<std::string(const grpc::ServerContext&)>;

// One call of one method. Its address is its tag on the queue.
class Call {
 public:
  // With the entrance locked.
  static void Await(Entrance& entrance, Request request, Answer answer) {
    Call* call = new Call(entrance, request, std::move(answer));
    Queue* queue = entrance.queue.get();
    (entrance.service.*request)(&call->context_, &call->message_,
                                &call->responder_, queue, queue, call);
  }

  void Proceed(bool ok) {
    std::lock_guard lock(entrance_.mutex);
    if (!ok || answered_ || entrance_.closed) {
      delete this;
      return;
    }
    Await(entrance_, request_, answer_);  // the next one
    answered_ = true;
    HelloReply reply;
    reply.set_text(answer_(context_));
    responder_.Finish(reply, grpc::Status::OK, this);
  }

 private:
  Call(Entrance& entrance, Request request, Answer answer)
      : entrance_(entrance), request_(request), answer_(std::move(answer)) {}

  Entrance& entrance_;
  const Request request_;
  const Answer answer_;
  bool answered_ = false;
  grpc::ServerContext context_;
  HelloRequest message_;
  grpc::ServerAsyncResponseWriter<HelloReply> responder_{&context_};
};

// [handler]
std::string Hello(const grpc::ServerContext& context) {
  const usher::Caller* caller = usher::FindCaller(context);
  return "hello, " + caller->subject().value_or("stranger");
}
// [handler]

std::thread Run(Entrance& entrance) {
  std::lock_guard lock(entrance.mutex);
  Call::Await(entrance, &Service::RequestHello, Hello);
  Call::Await(entrance, &Service::RequestForget,
              [](const auto&) { return "forgotten"; });
  Call::Await(entrance, &Service::RequestVersion,
              [](const auto&) { return "1"; });
  return std::thread([&entrance] {
    void* tag = nullptr;
    bool ok = false;
    while (entrance.queue->Next(&tag, &ok)) {
      static_cast<Call*>(tag)->Proceed(ok);
    }
  });
}

void Close(Entrance& entrance) {
  {
    std::lock_guard lock(entrance.mutex);
    entrance.closed = true;
  }
  entrance.queue->Shutdown();
}

usher::MethodPolicy Policy() {
  usher::MethodPolicy policy;
  policy.Service("greeter.v1.Greeter", {})
      .Method("/greeter.v1.Greeter/Forget", {.scopes = {"greeter.write"}})
      .Method("/greeter.v1.Greeter/Version", usher::Public());
  return policy;
}

absl::Status Serve(const std::string& address, const std::string& usherd) {
  auto guard =
      usher::Guard::Create({.client = {.target = usherd, .tls = std::nullopt},
                            .audiences = {"orders"},
                            .policy = Policy()});
  if (!guard.ok()) return guard.status();
  Entrance entrance;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, (*guard)->InsecureCredentials(), &port);
  builder.RegisterService(&entrance.service);
  entrance.queue = builder.AddCompletionQueue();
  (*guard)->Install(builder);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return (*guard)->Check(builder);
  std::thread thread = Run(entrance);
  std::cout << "listening on port " << port << std::endl;
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());
  server->Shutdown();
  Close(entrance);
  thread.join();
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: greeter_queue ADDRESS USHERD\n";
    return 2;
  }
  const absl::Status status = Serve(argv[1], argv[2]);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
