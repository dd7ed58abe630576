#include "client/guard/decide/stoppable_verifier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "tests/client/guard/decide/scripted_verifier.h"

namespace usher::guard {
namespace {

TEST(StoppableVerifier, IsUndecidedOnceStopped) {
  testing::ScriptedVerifier inner;
  StoppableVerifier verifier(inner);
  int asked = 0;
  verifier.Verify({.token = "a"}, [&](VerifyResult) { ++asked; });
  EXPECT_EQ(inner.count(), 1u);
  verifier.Stop();
  std::optional<Undecided::Cause> cause;
  verifier.Verify({.token = "b"}, [&](const VerifyResult& result) {
    if (result.undecided() != nullptr) cause = result.undecided()->cause;
  });
  EXPECT_EQ(cause, Undecided::Cause::kStopped);
  EXPECT_EQ(inner.count(), 1u) << "nothing is asked any more";
}

// Holds its callers inside Verify().
class SlowVerifier final : public TokenVerifier {
 public:
  void Verify(const VerifyRequest&, VerifyCallback done) override {
    inside = true;
    inside.notify_all();
    released.wait(false);
    done(Undecided{.cause = Undecided::Cause::kUnreachable});
    left = true;
  }

  std::atomic<bool> inside = false, released = false, left = false;
};

TEST(StoppableVerifier, StopWaitsForThreadsInsideTheVerifier) {
  SlowVerifier inner;
  StoppableVerifier verifier(inner);
  std::thread user([&] { verifier.Verify({.token = "a"}, [](auto) {}); });
  inner.inside.wait(false);
  std::thread stopper([&] {
    verifier.Stop();
    EXPECT_TRUE(inner.left);
  });
  inner.released = true;
  inner.released.notify_all();
  stopper.join();
  user.join();
}

}  // namespace
}  // namespace usher::guard
