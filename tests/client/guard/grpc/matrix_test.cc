// Every API style, every kind of call, every kind of port.
#include <gtest/gtest.h>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <tuple>

#include "tests/client/guard/grpc/fake_usherd.h"
#include "tests/client/guard/grpc/guarded_server.h"

namespace usher::testing {
namespace {

class GuardMatrix
    : public ::testing::TestWithParam<std::tuple<Style, Kind, Port>> {};

TEST_P(GuardMatrix, RunsTheHandlerForGoodTokensOnlyWithTheirCaller) {
  const auto [style, kind, port] = GetParam();
  FakeUsherd usherd;
  const auto guard = MakeGuard(usherd.address());
  GuardedServer server(*guard, style, port);
  const auto stub = server.NewStub();

  // Twice: first usherd decides, then memory.
  Outcome old;
  for (int i = 0; i < 2; ++i) {
    old = Call(*stub, kind, Bearer("old"));
    EXPECT_EQ(old.status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(old.status.error_message(),
              "invalid_token: TOKEN_EXPIRED: expired 12s ago");
    EXPECT_EQ(Call(*stub, kind, {}).status.error_code(),
              grpc::StatusCode::UNAUTHENTICATED);
  }
  const int entries_of_bad = server.entries();
  EXPECT_EQ(entries_of_bad, 0) << "a handler ran";

  Outcome good;
  for (int i = 0; i < 2; ++i) {
    good = Call(*stub, kind, Bearer("good.alice"));
    EXPECT_TRUE(good.status.ok()) << good.status.error_message();
    EXPECT_EQ(good.reply.subject(), "alice");
    EXPECT_FALSE(good.reply.saw_token());
  }
  EXPECT_EQ(server.entries(), 2);
  EXPECT_EQ(usherd.requests(), 2) << "one for each token";

  std::cout << "| " << std::setw(16) << std::left << NameOf(style) << " | "
            << std::setw(13) << NameOf(kind) << " | " << std::setw(8)
            << NameOf(port) << " | bad: " << entries_of_bad << " entries, "
            << old.status.error_code() << " " << old.status.error_message()
            << " | good: " << good.reply.subject() << " |\n";
}

INSTANTIATE_TEST_SUITE_P(All, GuardMatrix,
                         ::testing::Combine(::testing::ValuesIn(kStyles),
                                            ::testing::ValuesIn(kKinds),
                                            ::testing::ValuesIn(kPorts)),
                         [](const auto& row) {
                           std::string name =
                               NameOf(std::get<0>(row.param)) + "_" +
                               NameOf(std::get<1>(row.param)) + "_" +
                               NameOf(std::get<2>(row.param));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace usher::testing
