#include "server/net/open_connections.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>

namespace usher::server {
namespace {

constexpr size_t kMiB = size_t{1} << 20;
const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

// Both ends of a TCP connection on loopback.
class Pair {
 public:
  Pair() {
    const int listening = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    bind(listening, any, size);
    listen(listening, 1);
    getsockname(listening, any, &size);
    client_ = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(connect(client_, any, size), 0);
    server_ = accept(listening, nullptr, nullptr);
    close(listening);
  }
  ~Pair() {
    close(client_);
    Close();
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  int server() const { return server_; }
  // As gRPC does.
  void Close() {
    if (server_ >= 0) close(std::exchange(server_, -1));
  }
  void SendAndReceive(size_t bytes) {
    const std::string block(64 << 10, 'x');
    std::string received(block.size(), '\0');
    for (size_t sent = 0; sent < bytes; sent += block.size()) {
      ASSERT_EQ(send(client_, block.data(), block.size(), 0),
                static_cast<ssize_t>(block.size()));
      ASSERT_EQ(recv(server_, received.data(), received.size(), MSG_WAITALL),
                static_cast<ssize_t>(received.size()));
    }
  }
  bool IsEnded() const {
    char byte;
    return recv(client_, &byte, 1, MSG_DONTWAIT) == 0;
  }

 private:
  int client_ = -1;
  int server_ = -1;
};

TEST(OpenConnections, HaveRoomUpToABoundAndSevenEighthsFromOneAddress) {
  OpenConnections connections(8);
  std::array<Pair, 8> pairs;
  for (size_t i = 0; i < 7; ++i) {
    EXPECT_TRUE(connections.HasRoom("192.0.2.1"));
    connections.Add(pairs[i].server(), "192.0.2.1");
  }
  EXPECT_FALSE(connections.HasRoom("192.0.2.1"));
  EXPECT_TRUE(connections.HasRoom("192.0.2.2"));
  EXPECT_TRUE(connections.HasRoom(""));
  connections.Add(pairs[7].server(), "192.0.2.2");
  EXPECT_FALSE(connections.HasRoom("192.0.2.3"));
  EXPECT_FALSE(connections.HasRoom(""));
}

TEST(OpenConnections, ForgetThoseThatAreClosed) {
  OpenConnections connections(8);
  Pair first;
  Pair second;
  connections.Add(first.server(), "192.0.2.1");
  connections.Add(second.server(), "192.0.2.1");
  first.Close();
  connections.Update(kStart);
  EXPECT_EQ(connections.size(), 1u);
  second.Close();
  connections.Update(kStart);
  EXPECT_EQ(connections.size(), 0u);
}

TEST(OpenConnections, EndTheOneThatReceivedTheMostFirst) {
  OpenConnections connections(8);
  std::array<Pair, 3> pairs;
  for (size_t i = 0; i < 3; ++i) {
    connections.Add(pairs[i].server(), "192.0.2." + std::to_string(i));
    pairs[i].SendAndReceive((9 + i) * kMiB);
  }
  const auto ended = connections.EndBusiest(12 * kMiB, kStart);
  EXPECT_EQ(ended.connections, 2u);
  EXPECT_EQ(ended.peer, "192.0.2.2");
  EXPECT_GE(ended.received, 21 * kMiB);
  EXPECT_FALSE(pairs[0].IsEnded());
  EXPECT_TRUE(pairs[1].IsEnded());
  EXPECT_TRUE(pairs[2].IsEnded());
  // An ended one is not ended again.
  EXPECT_EQ(connections.EndBusiest(20 * kMiB, kStart).connections, 1u);
  EXPECT_TRUE(pairs[0].IsEnded());
}

TEST(OpenConnections, SpareThoseThatReceiveLittle) {
  OpenConnections connections(8);
  Pair pair;
  connections.Add(pair.server(), "192.0.2.1");
  pair.SendAndReceive(2 * kMiB);
  EXPECT_EQ(connections.EndBusiest(100 * kMiB, kStart).connections, 0u);
  EXPECT_FALSE(pair.IsEnded());
}

TEST(OpenConnections, WhatWasReceivedLongAgoCountsLess) {
  OpenConnections connections(8);
  Pair pair;
  connections.Add(pair.server(), "192.0.2.1");
  pair.SendAndReceive(12 * kMiB);
  connections.Update(kStart);
  const absl::Time later = kStart + OpenConnections::kHalfLife;
  Pair lately;
  connections.Add(lately.server(), "192.0.2.2");
  lately.SendAndReceive(9 * kMiB);
  const auto ended = connections.EndBusiest(kMiB, later);
  EXPECT_EQ(ended.connections, 1u);
  EXPECT_EQ(ended.peer, "192.0.2.2");
  // But it counts where nothing else is left.
  EXPECT_EQ(connections.EndBusiest(kMiB, later).peer, "192.0.2.1");
}

}  // namespace
}  // namespace usher::server
