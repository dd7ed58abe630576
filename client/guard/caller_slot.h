// Where a call keeps its caller: the place that gRPC has for a tracing
// library's context, one pointer per call, which no metadata can reach.
#pragma once

#include <cstdint>
#include <memory>

#include "grpcpp/server_context.h"
#include "usher/caller.h"

namespace usher::guard {

// Lives as long as the call's interceptor, which gRPC keeps as long as the
// server context.
class CallerSlot {
 public:
  CallerSlot() : mark_(MarkOf(this)) {}
  CallerSlot(const CallerSlot&) = delete;
  CallerSlot& operator=(const CallerSlot&) = delete;

  // Once, before the handler runs.
  void Attach(std::shared_ptr<const Caller> caller,
              grpc::ServerContextBase& context);

  // The slot attached to `context`, or null.
  static const CallerSlot* Of(const grpc::ServerContextBase& context);

  const Caller* caller() const { return caller_.get(); }

 private:
  // A number that depends on where the slot is. A tracing library that uses
  // the same place puts something else there, which this tells apart.
  static uint64_t MarkOf(const CallerSlot* slot) {
    return reinterpret_cast<uintptr_t>(slot) ^ 0x7573'6865'725f'736cull;
  }

  const uint64_t mark_;
  std::shared_ptr<const Caller> caller_;
};

}  // namespace usher::guard
