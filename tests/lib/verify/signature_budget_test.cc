#include "lib/verify/signature_budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/lib/verify/verifier_fixture.h"
#include "tests/support/fake_clock.h"

namespace usher::verify {
namespace {

using Bound = SignatureBudget::Bound;
using Signature = SignatureBudget::Signature;

constexpr absl::Duration kCheck = absl::Milliseconds(1);

struct Busy {
  explicit Busy(double processors = 2) : budget(processors) {}

  // How many checks pass at once.
  int Check(const std::string& client_service, const std::string& issuer,
            Signature signature, int wanted) {
    int passed = 0;
    for (int i = 0; i < wanted; ++i) {
      if (budget.FindExceeded({client_service, issuer}, clock.Now())) continue;
      budget.Charge({client_service, issuer}, signature, kCheck, clock.Now());
      ++passed;
    }
    return passed;
  }
  // The same, once for each of ten seconds' milliseconds.
  int CheckFor10Seconds(const std::string& client_service,
                        const std::string& issuer, Signature signature) {
    int passed = 0;
    for (int i = 0; i < 10'000; ++i) {
      clock.Advance(absl::Milliseconds(1));
      passed += Check(client_service, issuer, signature, 2);
    }
    return passed;
  }

  testing::FakeClock clock;
  SignatureBudget budget;
};

TEST(SignatureBudget, LetsABurstPass) {
  Busy busy;
  // Two seconds of half of two processors.
  EXPECT_NEAR(busy.Check("web", "corp", Signature::kInvalid, 10'000), 2000, 2);
}

TEST(SignatureBudget, GivesOneIssuersTokensFromAClientServiceHalfTheTime) {
  Busy busy;
  busy.Check("web", "corp", Signature::kInvalid, 10'000);
  EXPECT_NEAR(busy.CheckFor10Seconds("web", "corp", Signature::kInvalid),
              10'000, 10);
  EXPECT_GT(busy.budget.refused(Bound::kIssuer), 9'000u);
  EXPECT_EQ(busy.budget.refused(Bound::kClientService), 0u);
}

TEST(SignatureBudget, LeavesTheOtherIssuersOfAFloodedClientServiceAQuarter) {
  Busy busy;
  busy.Check("web", "corp", Signature::kInvalid, 10'000);
  int flood = 0, other = 0;
  for (int i = 0; i < 10'000; ++i) {
    busy.clock.Advance(absl::Milliseconds(1));
    flood += busy.Check("web", "corp", Signature::kInvalid, 4);
    if (i % 4 == 0) other += busy.Check("web", "other", Signature::kValid, 1);
  }
  EXPECT_NEAR(flood, 10'000, 100);
  EXPECT_EQ(other, 2500);
}

TEST(SignatureBudget, ForgedTokensDoNotUseUpTheIssuerForOthers) {
  Busy busy;
  for (const char* attacker : {"a", "b", "c", "d", "e"}) {
    EXPECT_GT(busy.Check(attacker, "corp", Signature::kInvalid, 10'000), 1900);
  }
  EXPECT_EQ(busy.Check("web", "corp", Signature::kValid, 1000), 1000);
}

TEST(SignatureBudget, AnIssuerThatSignsTooMuchIsBoundedForAllTogether) {
  Busy busy;
  int passed = 0;
  for (const char* service : {"a", "b", "c", "d", "e"}) {
    passed += busy.Check(service, "corp", Signature::kValid, 10'000);
  }
  EXPECT_NEAR(passed, 3000, 3);
  EXPECT_EQ(busy.Check("f", "corp", Signature::kValid, 1), 0);
  EXPECT_EQ(busy.Check("f", "other", Signature::kValid, 1), 1);
}

TEST(SignatureBudget, BoundsOneClientServiceWithManyIssuers) {
  Busy busy;
  int passed = 0;
  for (int i = 0; i < 10; ++i) {
    passed +=
        busy.Check("web", "i" + std::to_string(i), Signature::kInvalid, 10'000);
  }
  EXPECT_NEAR(passed, 3000, 3);
  EXPECT_GT(busy.budget.refused(Bound::kClientService), 0u);
  EXPECT_EQ(busy.Check("shop", "i1", Signature::kInvalid, 100), 100);
}

TEST(SignatureBudget, IsSmallerWithFewerProcessors) {
  Busy busy(0.5);
  EXPECT_NEAR(busy.Check("web", "corp", Signature::kInvalid, 10'000), 500, 2);
}

TEST(SignatureBudget, RecoversFromAClockThatIsSetBack) {
  Busy busy;
  busy.Check("web", "corp", Signature::kInvalid, 10'000);
  busy.clock.Advance(-absl::Hours(24));
  EXPECT_EQ(busy.Check("web", "corp", Signature::kInvalid, 100), 100);
}

TEST(SignatureBudget, ForgetsNamesThatAreIdle) {
  Busy busy;
  for (int i = 0; i < 20'000; ++i) {
    busy.clock.Advance(absl::Milliseconds(5));
    EXPECT_EQ(
        busy.Check("c" + std::to_string(i), "corp", Signature::kInvalid, 1), 1);
  }
}

TEST(SignatureBudget, CountsOnManyThreads) {
  Busy busy;
  std::vector<std::thread> threads;
  std::atomic<int> passed = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      passed += busy.Check("web", "corp", Signature::kInvalid, 2000);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_NEAR(passed, 2000, 10);
}

// Through the verifier.

// Uses up what a client service has for one issuer.
void Exhaust(VerifierFixture& verifying, const std::string& client_service,
             const std::string& issuer) {
  verifying.budget.Charge({client_service, issuer}, Signature::kInvalid,
                          absl::Seconds(5) * VerifierFixture::kProcessors,
                          verifying.clock.Now());
}

Requirements From(const std::string& client_service) {
  return {.client_service = client_service};
}

TEST(VerifierBudget, AnswersOverloadedAtOnceWhereItIsUsedUp) {
  VerifierFixture verifying;
  VerifierFixture::TestIssuer corp(verifying.clock);
  verifying.Add(corp);
  verifying.Apply();
  Exhaust(verifying, "web", "corp");
  const auto verdict = verifying.VerdictOf(corp.Mint(), From("web"));
  ASSERT_TRUE(verdict && !verdict->ok());
  EXPECT_EQ(verdict->refusal().reason, Reason::kOverloaded);
  EXPECT_TRUE(verdict->refusal().retry_after.has_value());
  // Not for others, nor later.
  EXPECT_TRUE(verifying.VerdictOf(corp.Mint(), From("shop"))->ok());
  verifying.clock.Advance(absl::Seconds(10));
  EXPECT_TRUE(verifying.VerdictOf(corp.Mint(), From("web"))->ok());
}

TEST(VerifierBudget, DoesNotConcernCachedTokens) {
  VerifierFixture verifying;
  VerifierFixture::TestIssuer corp(verifying.clock);
  verifying.Add(corp);
  verifying.Apply();
  const std::string token = corp.Mint();
  ASSERT_TRUE(verifying.VerdictOf(token, From("web"))->ok());
  Exhaust(verifying, "web", "corp");
  EXPECT_TRUE(verifying.VerdictOf(token, From("web"))->ok());
}

TEST(VerifierBudget, DoesNotChangeTheReasonOfATokenThatIsDeniedUnsigned) {
  VerifierFixture verifying;
  VerifierFixture::TestIssuer corp(verifying.clock);
  verifying.Add(corp);
  verifying.Apply();
  Exhaust(verifying, "web", "corp");
  EXPECT_EQ(verifying.VerdictOf("eyJ.garbage", From("web"))->refusal().reason,
            Reason::kTokenMalformed);
}

TEST(VerifierBudget, IsChargedForEverySignature) {
  VerifierFixture verifying(/*processors=*/0.001);
  VerifierFixture::TestIssuer corp(verifying.clock);
  verifying.Add(corp);
  verifying.Apply();
  std::string forged = corp.Mint();
  forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
  // A check takes real time of the processor, of which there is a millisecond.
  std::optional<Reason> last;
  for (int i = 0; i < 200'000 && last != Reason::kOverloaded; ++i) {
    last = verifying.VerdictOf(forged, From("web"))->refusal().reason;
    EXPECT_TRUE(last == Reason::kSignatureInvalid ||
                last == Reason::kOverloaded);
  }
  EXPECT_EQ(last, Reason::kOverloaded);
}

TEST(VerifierBudget, IsNotForExplanations) {
  VerifierFixture verifying;
  VerifierFixture::TestIssuer corp(verifying.clock);
  verifying.Add(corp);
  verifying.Apply();
  Exhaust(verifying, "", "corp");
  const auto explained = verifying.engine.Explain(corp.Mint(), {});
  EXPECT_TRUE(std::get<Verifier::Explained>(explained).verdict.ok());
}

}  // namespace
}  // namespace usher::verify
