// Five servers of the Echo service, one in each API style of gRPC. Each handler
// counts its calls and replies with the caller that it finds.
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
// Generic: its handler runs for methods that the service does not have, too.
constexpr bool ServesEveryPath(Style style) {
  return style == Style::kQueueGeneric || style == Style::kCallbackGeneric;
}

// Another header than `authorization` that may carry the token.
inline constexpr char kOtherHeader[] = "x-example-jwt-assertion";

// How often a handler ran. Shared with the test.
struct Counter {
  std::atomic<int> entries = 0;
};

// The reply to the call of `context`. Every handler calls it first.
EchoReply ReplyTo(const grpc::ServerContextBase& context, Counter& counter);

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
std::unique_ptr<Handlers> MakeHandlers(Style style, Counter& counter);

// Each is in the .cc file of its name.
std::unique_ptr<Handlers> MakeSync(Counter& counter);
std::unique_ptr<Handlers> MakeCallback(Counter& counter);
std::unique_ptr<Handlers> MakeQueue(Counter& counter);
std::unique_ptr<Handlers> MakeQueueGeneric(Counter& counter);
std::unique_ptr<Handlers> MakeCallbackGeneric(Counter& counter);

}  // namespace usher::testing
