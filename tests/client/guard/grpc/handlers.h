// Five servers of the Echo service, one in each style that gRPC offers. Each
// handler counts itself and answers whom it saw.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "grpcpp/server_builder.h"
#include "grpcpp/server_context.h"
#include "tests/client/guard/grpc/echo.grpc.pb.h"

namespace usher::testing {

enum class Style { kSync, kCallback, kQueue, kQueueGeneric, kCallbackGeneric };
inline constexpr Style kStyles[] = {Style::kSync, Style::kCallback,
                                    Style::kQueue, Style::kQueueGeneric,
                                    Style::kCallbackGeneric};
std::string NameOf(Style style);

// What handlers have done; shared with the test.
struct Seen {
  std::atomic<int> entries = 0;
};

// Whom the handler of `context` sees. To be called by every handler, first.
EchoReply Look(const grpc::ServerContextBase& context, Seen& seen);

// The handlers of one server.
class Handlers {
 public:
  virtual ~Handlers() = default;
  virtual void Register(grpc::ServerBuilder& builder) = 0;
  // After BuildAndStart().
  virtual void Start() {}
  // After the server's Shutdown().
  virtual void Stop() {}
};
std::unique_ptr<Handlers> MakeHandlers(Style style, Seen& seen);

// One of each; see the .cc of that name.
std::unique_ptr<Handlers> MakeSync(Seen& seen);
std::unique_ptr<Handlers> MakeCallback(Seen& seen);
std::unique_ptr<Handlers> MakeQueue(Seen& seen);
std::unique_ptr<Handlers> MakeQueueGeneric(Seen& seen);
std::unique_ptr<Handlers> MakeCallbackGeneric(Seen& seen);

}  // namespace usher::testing
