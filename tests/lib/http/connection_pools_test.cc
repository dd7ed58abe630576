#include "lib/http/connection_pools.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace usher::http {
namespace {

FetchOptions Of(std::optional<std::string> ca,
                std::optional<std::string> proxy = {},
                bool allow_private = false) {
  return {std::move(ca), std::move(proxy), allow_private};
}

TEST(ConnectionPools, DifferentOptionsHaveDifferentPools) {
  ConnectionPools pools;
  std::set<CURLSH*> given;
  for (const FetchOptions& options :
       {Of({}), Of(""), Of("a"), Of({}, "a"), Of("a", "b"), Of("a|1:b"),
        Of("a", {}, true), Of({}, {}, true)}) {
    given.insert(pools.Acquire(options, {}));
  }
  EXPECT_EQ(given.size(), 8u);
  EXPECT_EQ(given.count(nullptr), 0u);
  for (CURLSH* pool : given) pools.Release(pool);
}

TEST(ConnectionPools, EqualOptionsShareAPool) {
  ConnectionPools pools;
  CURLSH* first = pools.Acquire(Of("a"), {});
  EXPECT_EQ(pools.Acquire(Of("a"), {}), first);
  pools.Release(first);
  pools.Release(first);
  EXPECT_EQ(pools.Acquire(Of("a"), {}), first);
  pools.Release(first);
}

TEST(ConnectionPools, NeverClosesAPoolInUse) {
  ConnectionPools pools;
  CURLSH* used = pools.Acquire(Of("used"), {});
  for (int i = 0; i < 1000; ++i) {
    pools.Release(pools.Acquire(Of(std::to_string(i)), {}));
  }
  EXPECT_EQ(pools.Acquire(Of("used"), {}), used);
  pools.Release(used);
  pools.Release(used);
}

}  // namespace
}  // namespace usher::http
