// A completion queue with its thread, for servers that use one.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "grpcpp/server_builder.h"
#include "lib/base/mutex.h"

namespace usher::testing {

// A tag: what happens next. Runs once, or never if the loop stops.
using Step = std::function<void(bool ok)>;

class EventLoop {
 public:
  void Register(grpc::ServerBuilder& builder) {
    queue_ = builder.AddCompletionQueue();
  }
  void Start() {
    thread_ = std::thread([this] {
      void* tag = nullptr;
      bool ok = false;
      while (queue_->Next(&tag, &ok)) {
        const std::unique_ptr<Step> step(static_cast<Step*>(tag));
        // gRPC aborts if an operation starts after its queue was shut down.
        base::MutexLock lock(mutex_);
        if (!stopping_) (*step)(ok);
      }
    });
  }
  // After the server's Shutdown().
  void Stop() {
    {
      base::MutexLock lock(mutex_);
      stopping_ = true;
    }
    queue_->Shutdown();
    if (thread_.joinable()) return thread_.join();
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) delete static_cast<Step*>(tag);
  }

  static void* Tag(Step step) { return new Step(std::move(step)); }
  grpc::ServerCompletionQueue* queue() const { return queue_.get(); }

 private:
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::thread thread_;
  base::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace usher::testing
