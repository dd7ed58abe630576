// Issuers and the state of their keys as JSON, one page at a time, because
// there may be ten thousand.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "lib/issuer/registry.h"

namespace usher::status_page {

inline constexpr size_t kMostIssuers = 50;
inline constexpr size_t kMostKeys = 20;  // of one issuer

struct IssuerFilter {
  // Part of the name or the identifier; ASCII case does not matter.
  std::string_view text;
  bool only_troubled = false;
  size_t offset = 0;
  size_t limit = 25;  // at most kMostIssuers are listed
};

// {"total":3,"ready":1,"stale":1,"failing":0,"down":1,"matching":3,"offset":0,
//  "list":[{"name":"corp","state":"down",...}]}
// The worst states come first, then the order of the configuration counts. An
// offset past the end means the last page. `state` is
//   down     no usable keys
//   stale    keys past their freshness: the provider cannot be reached
//   failing  fresh keys, but the last fetch failed
//   ready    all others
std::string ListIssuers(const issuer::Registry& issuers,
                        const IssuerFilter& filter, absl::Time now);

}  // namespace usher::status_page
