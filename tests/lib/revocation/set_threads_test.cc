#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "lib/revocation/set.h"

namespace usher::revocation {
namespace {

TEST(RevocationSetThreads, NeverLoseAnEntryWhileOthersComeAndGo) {
  constexpr int kReaders = 3;
  constexpr int kChanges = 2000;
  Set set;
  const Set::Change kept({"corp", "", Kind::kTokenId, "kept"},
                         absl::InfiniteFuture());
  set.Apply({&kept, 1});
  std::atomic<bool> stop{false};
  std::atomic<int> lost{0};
  std::atomic<int> made_up{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        TokenView token = {.issuer = "corp", .token_id = "kept"};
        if (set.Find(token) != Kind::kTokenId) ++lost;
        token.token_id = "never";
        if (set.Find(token)) ++made_up;
      }
    });
  }
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 2; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kChanges; ++i) {
        const std::string value =
            std::to_string(writer) + "." + std::to_string(i / 2 % 50);
        const TargetView target = {"corp", "", Kind::kTokenId, value};
        const Set::Change change(
            target, i % 2 == 0
                        ? std::optional<absl::Time>(absl::InfiniteFuture())
                        : std::nullopt);
        set.Apply({&change, 1});
        const TokenView token = {.issuer = "corp", .token_id = value};
        if (set.Find(token).has_value() != (i % 2 == 0)) ++lost;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(made_up, 0);
}

}  // namespace
}  // namespace usher::revocation
