#include "server/stats/verdict_history.h"

#include <algorithm>

namespace usher::server {
namespace {

// Totals shrink when an issuer is removed from the configuration; that counts
// as no increase.
template <typename Slice, typename Totals>
Slice Increase(const Totals& before, const Totals& now) {
  Slice out{};
  for (size_t i = 0; i < out.size(); ++i) {
    if (now[i] <= before[i]) continue;
    out[i] = static_cast<uint32_t>(
        std::min<uint64_t>(now[i] - before[i], UINT32_MAX));
  }
  return out;
}

}  // namespace

void VerdictHistory::Update(Time now, const std::function<Totals()>& totals) {
  base::MutexLock lock(mutex_);
  const auto ended = (now - slice_began_) / kSlice;
  if (ended < 1) return;
  const Totals counted = totals();
  Push(Increase<Slice>(before_, counted));
  const auto missed = std::min<decltype(ended)>(ended - 1, kSlices);
  for (auto i = missed; i > 0; --i) Push({});
  before_ = counted;
  slice_began_ += ended * kSlice;
}

void VerdictHistory::Push(const Slice& slice) {
  ring_[next_] = slice;
  next_ = (next_ + 1) % kSlices;
  filled_ = std::min(filled_ + 1, kSlices);
}

std::vector<VerdictHistory::Series> VerdictHistory::Read() const {
  std::vector<Series> out = {{std::nullopt, {}}};
  for (const ReasonInfo& row : Reasons()) {
    out.push_back({row.reason, {}});
  }
  base::MutexLock lock(mutex_);
  const size_t oldest = (next_ + kSlices - filled_) % kSlices;
  const auto is_empty =
      [&](Series& series) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        const size_t row = LabelOf<VerdictResult>::Index(series.reason);
        bool occurred = !series.reason;
        for (size_t i = 0; i < filled_; ++i) {
          series.counts.push_back(ring_[(oldest + i) % kSlices][row]);
          occurred |= series.counts.back() > 0;
        }
        return !occurred;
      };
  std::erase_if(out, is_empty);
  return out;
}

}  // namespace usher::server
