#include "lib/http/resolver.h"

#include <poll.h>

#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/lib/http/fake_name_server.h"

namespace usher::http {
namespace {

using ::testing::UnorderedElementsAre;

std::unique_ptr<Resolver> Using(const FakeNameServer& names) {
  Resolver::Options options;
  options.name_server = names.address();
  auto resolver = Resolver::Create(options);
  EXPECT_TRUE(resolver.ok()) << resolver.status();
  return *std::move(resolver);
}

// Drives the resolver until no query is in flight.
void Finish(Resolver& resolver) {
  while (const auto timeout = resolver.Timeout()) {
    std::vector<pollfd> watched;
    for (const auto& socket : resolver.sockets()) {
      watched.push_back({socket.fd,
                         static_cast<short>((socket.reading ? POLLIN : 0) |
                                            (socket.writing ? POLLOUT : 0)),
                         0});
    }
    poll(watched.data(), watched.size(), static_cast<int>(timeout->count()));
    std::vector<Resolver::Socket> ready;
    for (const pollfd& socket : watched) {
      if (socket.revents == 0) continue;
      ready.push_back({socket.fd, (socket.revents & ~POLLOUT) != 0,
                       (socket.revents & POLLOUT) != 0});
    }
    resolver.Process(ready);
  }
}

std::vector<std::string> TextsOf(const Resolver::Addresses& addresses) {
  std::vector<std::string> out;
  for (const IpAddress& address : addresses) out.push_back(address.Text());
  return out;
}

TEST(Resolver, ReturnsIpv4AndIpv6Addresses) {
  const FakeNameServer names{{"a.test", {"192.0.2.1", "2001:db8::1"}}};
  auto resolver = Using(names);
  std::vector<std::string> resolved;
  resolver->Resolve("a.test", [&](const auto& addresses) {
    ASSERT_TRUE(addresses.ok()) << addresses.status();
    resolved = TextsOf(*addresses);
  });
  EXPECT_TRUE(resolved.empty());
  Finish(*resolver);
  EXPECT_THAT(resolved, UnorderedElementsAre("192.0.2.1", "2001:db8::1"));
}

TEST(Resolver, RequestsForOneNameShareOneQuery) {
  const FakeNameServer names{{"a.test", {"192.0.2.1"}}};
  auto resolver = Using(names);
  int resolved = 0;
  for (int i = 0; i < 100; ++i) {
    resolver->Resolve(
        "a.test", [&](const auto& addresses) { resolved += addresses.ok(); });
  }
  Finish(*resolver);
  EXPECT_EQ(resolved, 100);
  EXPECT_EQ(names.questions(), 2);  // A and AAAA
  resolver->Resolve("a.test",
                    [&](const auto& addresses) { resolved += addresses.ok(); });
  EXPECT_EQ(resolved, 101);  // at once, from memory
  EXPECT_EQ(names.questions(), 2);
}

TEST(Resolver, QueriesAgainForANameThatWasNotFound) {
  const FakeNameServer names{};
  auto resolver = Using(names);
  for (int round = 1; round <= 2; ++round) {
    std::optional<absl::StatusCode> code;
    resolver->Resolve("a.test", [&](const auto& addresses) {
      code = addresses.status().code();
    });
    Finish(*resolver);
    EXPECT_EQ(code, absl::StatusCode::kNotFound);
    EXPECT_EQ(names.questions(), 2 * round);
  }
}

TEST(Resolver, AnAddressResolvesToItself) {
  const FakeNameServer names{};
  auto resolver = Using(names);
  std::vector<std::string> resolved;
  for (const char* address : {"192.0.2.1", "2001:db8::1"}) {
    resolver->Resolve(address, [&](const auto& addresses) {
      resolved.push_back(addresses->front().Text());
    });
  }
  EXPECT_THAT(resolved, UnorderedElementsAre("192.0.2.1", "2001:db8::1"));
  EXPECT_EQ(names.questions(), 0);
}

TEST(Resolver, ACallbackMayResolveMore) {
  const FakeNameServer names{{"a.test", {"192.0.2.1"}},
                             {"b.test", {"192.0.2.2"}}};
  auto resolver = Using(names);
  std::vector<std::string> resolved;
  resolver->Resolve("a.test", [&](const auto&) {
    resolver->Resolve("b.test", [&](const auto& addresses) {
      resolved = TextsOf(*addresses);
    });
  });
  Finish(*resolver);
  EXPECT_THAT(resolved, UnorderedElementsAre("192.0.2.2"));
}

TEST(Resolver, CancelsQueriesWhenItIsDestroyed) {
  const FakeNameServer names{{.name = "a.test", .silent = true}};
  auto resolver = Using(names);
  std::optional<absl::StatusCode> code;
  resolver->Resolve("a.test", [&](const auto& addresses) {
    code = addresses.status().code();
  });
  resolver.reset();
  EXPECT_EQ(code, absl::StatusCode::kCancelled);
}

TEST(Resolver, FailsWithAnInvalidNameServer) {
  Resolver::Options options;
  options.name_server = "not an address";
  EXPECT_EQ(Resolver::Create(options).status().code(),
            absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace usher::http
