#include "lib/http/connect_race.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <vector>

#include "tests/lib/http/dead_address.h"

namespace usher::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::DeadAddress;
using ::testing::IsEmpty;
using testing::OpenPort;
using ::testing::SizeIs;

base::IpAddress Address(const char* text) {
  return *base::IpAddress::Parse(text);
}

// Processes until there is an answer, or every attempt has failed.
std::optional<base::IpAddress> Winner(ConnectRace& race,
                                      ConnectRace::Clock::time_point now) {
  std::optional<base::IpAddress> winner = race.Process(now);
  for (int i = 0; i < 500 && !winner && !race.sockets().empty(); ++i) {
    std::this_thread::sleep_for(milliseconds(10));
    winner = race.Process(now);
  }
  return winner;
}

TEST(ConnectRace, BeginsOneAttemptAfterEachInterval) {
  const DeadAddress dead("127.0.0.2");
  const DeadAddress other("127.0.0.3", dead.port());
  const auto now = ConnectRace::Clock::now();
  ConnectRace race({Address("127.0.0.2"), Address("127.0.0.3")}, dead.port(),
                   now, seconds(60));
  EXPECT_EQ(race.NextAt(), now + ConnectRace::kMostApart);
  EXPECT_EQ(race.Process(now), std::nullopt);
  EXPECT_THAT(race.sockets(), IsEmpty());
  EXPECT_EQ(race.Process(now + ConnectRace::kMostApart), std::nullopt);
  EXPECT_THAT(race.sockets(), SizeIs(1));
  EXPECT_EQ(race.NextAt(), now + 2 * ConnectRace::kMostApart);
  EXPECT_EQ(race.Process(now + 2 * ConnectRace::kMostApart), std::nullopt);
  EXPECT_THAT(race.sockets(), SizeIs(2));
  EXPECT_EQ(race.NextAt(), std::nullopt);
}

TEST(ConnectRace, FindsTheAddressThatAcceptsConnections) {
  const OpenPort live;
  const DeadAddress dead("127.0.0.2", live.port());
  const auto now = ConnectRace::Clock::now();
  // The third refuses at once.
  ConnectRace race(
      {Address("127.0.0.2"), Address("127.0.0.4"), Address("127.0.0.1")},
      live.port(), now, seconds(60));
  EXPECT_EQ(race.Process(now + seconds(1)), std::nullopt);
  EXPECT_EQ(race.Process(now + seconds(2)), std::nullopt);
  race.Process(now + seconds(3));
  EXPECT_EQ(Winner(race, now + seconds(3)), Address("127.0.0.1"));
}

TEST(ConnectRace, UsesAtMostHalfOfTheTimeForItsAttempts) {
  const auto now = ConnectRace::Clock::now();
  std::vector<base::IpAddress> many(40, Address("127.0.0.4"));
  ConnectRace race(many, 1, now, milliseconds(360));
  EXPECT_EQ(race.NextAt(), now + milliseconds(20));
  size_t attempts = 0;
  auto at = now;
  while (race.NextAt()) {
    at = *race.NextAt();
    race.Process(at);
    ++attempts;
  }
  EXPECT_EQ(attempts, ConnectRace::kMostAddresses);
  EXPECT_LE(at, now + milliseconds(180));
}

TEST(ConnectRace, HasNoWinnerWhereEveryAddressRefuses) {
  uint16_t port = 0;
  {
    const OpenPort closed;
    port = closed.port();
  }
  const auto now = ConnectRace::Clock::now();
  ConnectRace race({Address("127.0.0.1")}, port, now, seconds(60));
  EXPECT_EQ(Winner(race, now + seconds(1)), std::nullopt);
}

}  // namespace
}  // namespace usher::http
