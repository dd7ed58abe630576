#include "client/core/replicas.h"

#include <gtest/gtest.h>

#include <vector>

#include "lib/base/strings.h"

namespace usher::client {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'767'225'600);
const std::string kA = "ipv4:10.0.0.1:9443";
const std::string kB = "ipv4:10.0.0.2:9443";
const std::string kC = "ipv4:10.0.0.3:9443";
const std::vector<std::string> kNobody;

TEST(Replicas, AreAllFineUntilOneIsSilent) {
  Replicas replicas;
  EXPECT_FALSE(replicas.HadBetterAskAnother(kA, kNobody, kNow));
  replicas.Answered(kA, kNow);
  replicas.Answered(kB, kNow);
  EXPECT_FALSE(replicas.HadBetterAskAnother(kA, kNobody, kNow));
}

TEST(Replicas, PassASilentOneByWhereAnotherAnswers) {
  Replicas replicas;
  replicas.Answered(kB, kNow);
  replicas.WasSilent(kA, kNow);
  EXPECT_TRUE(replicas.HadBetterAskAnother(kA, kNobody, kNow));
  EXPECT_FALSE(replicas.HadBetterAskAnother(kB, kNobody, kNow));
}

TEST(Replicas, TakeASilentOneWhereNobodyElseIsKnown) {
  Replicas replicas;
  replicas.WasSilent(kA, kNow);
  EXPECT_FALSE(replicas.HadBetterAskAnother(kA, kNobody, kNow));
  replicas.WasSilent(kB, kNow);
  EXPECT_FALSE(replicas.HadBetterAskAnother(kA, kNobody, kNow));
  replicas.Answered(kC, kNow);
  replicas.BrokeOff(kC);
  EXPECT_FALSE(replicas.HadBetterAskAnother(kA, kNobody, kNow));
}

TEST(Replicas, DoNotCountOnOneThatWasHeardLongAgo) {
  Replicas replicas;
  replicas.Answered(kB, kNow - absl::Minutes(1));
  replicas.WasSilent(kA, kNow);
  EXPECT_FALSE(replicas.HadBetterAskAnother(kA, kNobody, kNow));
}

TEST(Replicas, TryASilentOneOnceASecond) {
  Replicas replicas;
  replicas.Answered(kB, kNow);
  replicas.WasSilent(kA, kNow);
  const absl::Time later = kNow + absl::Seconds(1);
  EXPECT_FALSE(replicas.HadBetterAskAnother(kA, kNobody, later));
  EXPECT_TRUE(replicas.HadBetterAskAnother(kA, kNobody, later));
  EXPECT_FALSE(
      replicas.HadBetterAskAnother(kA, kNobody, later + absl::Seconds(1)));
}

TEST(Replicas, TryNoSilentOneWithASecondAttempt) {
  Replicas replicas;
  replicas.Answered(kB, kNow);
  replicas.WasSilent(kA, kNow);
  const std::vector<std::string> asked = {kC};
  EXPECT_TRUE(replicas.HadBetterAskAnother(kA, asked, kNow + absl::Seconds(1)));
}

TEST(Replicas, ForgiveOneThatAnswers) {
  Replicas replicas;
  replicas.Answered(kB, kNow);
  replicas.WasSilent(kA, kNow);
  replicas.Answered(kA, kNow);
  EXPECT_FALSE(replicas.HadBetterAskAnother(kA, kNobody, kNow));
}

TEST(Replicas, AreNotAskedTwiceWhereAnotherAnswers) {
  Replicas replicas;
  replicas.Answered(kA, kNow);
  const std::vector<std::string> asked = {kA};
  EXPECT_FALSE(replicas.HadBetterAskAnother(kA, asked, kNow))
      << "nobody else is known";
  replicas.Answered(kB, kNow);
  EXPECT_TRUE(replicas.HadBetterAskAnother(kA, asked, kNow));
  EXPECT_FALSE(replicas.HadBetterAskAnother(kB, asked, kNow));
  const std::vector<std::string> both = {kA, kB};
  EXPECT_FALSE(replicas.HadBetterAskAnother(kA, both, kNow));
}

TEST(Replicas, AreForgottenBeyondABound) {
  Replicas replicas;
  replicas.Answered(kB, kNow);
  replicas.WasSilent(kA, kNow);
  ASSERT_TRUE(replicas.HadBetterAskAnother(kA, kNobody, kNow));
  for (int i = 0; i < 64; ++i) {
    replicas.Answered(base::StrCat("ipv4:10.0.1.", i, ":9443"),
                      kNow + absl::Seconds(1));
  }
  EXPECT_FALSE(replicas.HadBetterAskAnother(kA, kNobody, kNow))
      << "whoever was heard longest ago goes first";
}

}  // namespace
}  // namespace usher::client
