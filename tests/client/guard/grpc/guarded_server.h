// A server behind the guard, and clients that call it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/server.h"
#include "tests/client/guard/grpc/handlers.h"
#include "usher/guard.h"
#include "usher/guarded_service.h"

namespace usher::testing {

enum class Port { kSsl, kTls, kLocal, kInsecure };
inline constexpr Port kPorts[] = {Port::kSsl, Port::kTls, Port::kLocal,
                                  Port::kInsecure};
std::string NameOf(Port port);

// A guard that asks `usherd`; every good token may call Echo.
std::unique_ptr<Guard> MakeGuard(const std::string& usherd);
// The same, but callers need the scope orders.read.
std::unique_ptr<Guard> MakeScopedGuard(const std::string& usherd);
GuardOptions OptionsFor(const std::string& usherd);
MethodPolicy EchoPolicy();

class GuardedServer {
 public:
  // Rich: the service, of sync or callback style, is a GuardedService.
  enum class Refusals { kPlain, kRich };
  GuardedServer(Guard& guard, Style style, Port port = Port::kInsecure,
                Refusals refusals = Refusals::kPlain);
  ~GuardedServer();

  // Each channel has a connection of its own.
  std::shared_ptr<grpc::Channel> NewChannel() const;
  std::unique_ptr<Echo::Stub> NewStub() const {
    return Echo::NewStub(NewChannel());
  }
  std::string address() const;
  // How often a handler ran.
  int entries() const { return counter_.entries; }
  grpc::Server& server() { return *server_; }
  // Cancels the calls that still run after `grace`.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  const Port port_;
  Counter counter_;
  std::unique_ptr<Handlers> handlers_;
  std::unique_ptr<GuardedService> guarded_;
  int port_number_ = 0;
  std::unique_ptr<grpc::Server> server_;
  bool running_ = true;
};

enum class Kind { kUnary, kClientStream, kServerStream, kBidi };
inline constexpr Kind kKinds[] = {Kind::kUnary, Kind::kClientStream,
                                  Kind::kServerStream, Kind::kBidi};
std::string NameOf(Kind kind);

using Headers = std::vector<std::pair<std::string, std::string>>;
inline Headers Bearer(std::string_view token) {
  return {{"authorization", "Bearer " + std::string(token)}};
}

struct Outcome {
  grpc::Status status;
  EchoReply reply;
  std::multimap<std::string, std::string> trailers;
};
// Calls and waits for the end of the call.
Outcome Call(Echo::Stub& stub, Kind kind, const Headers& headers);
inline Outcome Call(Echo::Stub& stub, const Headers& headers) {
  return Call(stub, Kind::kUnary, headers);
}

// An empty unary call to any path. No header if `authorization` is empty.
grpc::Status CallPath(const std::shared_ptr<grpc::Channel>& channel,
                      const std::string& path,
                      const std::string& authorization);

}  // namespace usher::testing
