// Where a call keeps its caller, or the reason why it is refused: the pointer
// per call that gRPC has for the context of a tracing library. No metadata can
// reach it.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "client/guard/decide/decision.h"
#include "grpcpp/server_context.h"
#include "usher/caller.h"
#include "usher/secret.h"

namespace usher::guard {

// Belongs to the call's interceptor, which gRPC keeps as long as the server
// context.
class CallerSlot {
 public:
  CallerSlot() : mark_(MarkOf(this)) {}
  CallerSlot(const CallerSlot&) = delete;
  CallerSlot& operator=(const CallerSlot&) = delete;

  // One of the two, once, before the handler runs. The first marks the call as
  // admitted; `caller` may be null (the method is public, or its token is
  // optional and none was sent).
  void Attach(std::shared_ptr<const Caller> caller,
              grpc::ServerContextBase& context);
  void Attach(std::shared_ptr<const Decision> refusal,
              grpc::ServerContextBase& context);

  // The first half of the first Attach(), for a context that belongs to no
  // call.
  void Admit(std::shared_ptr<const Caller> caller);

  // Before Attach(): the caller's token, for ForwardCaller().
  void SetToken(Secret token) { token_ = std::move(token); }

  // The slot attached to `context`, or null.
  static const CallerSlot* Find(const grpc::ServerContextBase& context);

  // For usher::testing: finds the slot of a context that has none attached.
  // Not set in production.
  using TestLookup = const CallerSlot* (*)(const grpc::ServerContextBase&);
  static void SetTestLookup(TestLookup lookup);

  const Caller* caller() const { return caller_.get(); }
  bool admitted() const { return admitted_; }
  // Null if admitted().
  const Decision* refusal() const { return refusal_.get(); }
  // Empty if the guard keeps no tokens.
  const Secret& token() const { return token_; }

 private:
  void Store(grpc::ServerContextBase& context);
  // A number that depends on the address of the slot. A tracing library stores
  // an object of its own in the same place; the mark distinguishes the two.
  static uint64_t MarkOf(const CallerSlot* slot) {
    return reinterpret_cast<uintptr_t>(slot) ^ 0x7573'6865'725f'736cull;
  }

  const uint64_t mark_;
  bool admitted_ = false;
  std::shared_ptr<const Caller> caller_;
  std::shared_ptr<const Decision> refusal_;
  Secret token_;
};

}  // namespace usher::guard
