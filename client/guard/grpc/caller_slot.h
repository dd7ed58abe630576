// Where a call keeps its caller, or why it is refused: the place that gRPC has
// for a tracing library's context, one pointer per call, which no metadata can
// reach.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "client/guard/decide/decision.h"
#include "grpcpp/server_context.h"
#include "usher/caller.h"
#include "usher/secret.h"

namespace usher::guard {

// Lives as long as the call's interceptor, which gRPC keeps as long as the
// server context.
class CallerSlot {
 public:
  CallerSlot() : mark_(MarkOf(this)) {}
  CallerSlot(const CallerSlot&) = delete;
  CallerSlot& operator=(const CallerSlot&) = delete;

  // One of these, once, before the handler runs: an admitted call, whose caller
  // is null where its method is public; a refused one.
  void Attach(std::shared_ptr<const Caller> caller,
              grpc::ServerContextBase& context);
  void Attach(std::shared_ptr<const Ruling> refusal,
              grpc::ServerContextBase& context);

  // Beside it, before Attach(): the caller's token, for ForwardCaller().
  void Keep(Secret token) { token_ = std::move(token); }

  // The slot attached to `context`, or null.
  static const CallerSlot* Of(const grpc::ServerContextBase& context);

  const Caller* caller() const { return caller_.get(); }
  bool admits() const { return admits_; }
  // Null where admits().
  const Ruling* refusal() const { return refusal_.get(); }
  // Empty where none is kept.
  const Secret& token() const { return token_; }

 private:
  void Occupy(grpc::ServerContextBase& context);
  // A number that depends on where the slot is. A tracing library that uses
  // the same place puts something else there, which this tells apart.
  static uint64_t MarkOf(const CallerSlot* slot) {
    return reinterpret_cast<uintptr_t>(slot) ^ 0x7573'6865'725f'736cull;
  }

  const uint64_t mark_;
  bool admits_ = false;
  std::shared_ptr<const Caller> caller_;
  std::shared_ptr<const Ruling> refusal_;
  Secret token_;
};

}  // namespace usher::guard
