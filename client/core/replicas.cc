#include "client/core/replicas.h"

#include <algorithm>

namespace usher::client {
namespace {

constexpr size_t kMaxReplicas = 64;
constexpr absl::Duration kProbeInterval = absl::Seconds(1);
// A replica whose last answer is older than this may be gone.
constexpr absl::Duration kMaxAge = absl::Minutes(1);

bool Has(std::span<const std::string> peers, const std::string& peer) {
  return std::find(peers.begin(), peers.end(), peer) != peers.end();
}

}  // namespace

void Replicas::OnAnswer(const std::string& peer, absl::Time now) {
  const base::MutexLock lock(mutex_);
  StateOf(peer) = {.last_answer = now};
}

void Replicas::OnTimeout(const std::string& peer, absl::Time begun,
                         absl::Time now) {
  const base::MutexLock lock(mutex_);
  State& state = StateOf(peer);
  if (state.last_answer >= begun) return;
  state.silent = true;
  state.next_probe = now + kProbeInterval;
}

void Replicas::OnDisconnect(const std::string& peer) {
  const base::MutexLock lock(mutex_);
  states_.erase(peer);
}

bool Replicas::ShouldAvoid(const std::string& peer,
                           std::span<const std::string> tried, absl::Time now) {
  const base::MutexLock lock(mutex_);
  const auto found = states_.find(peer);
  const bool silent = found != states_.end() && found->second.silent;
  if (!silent && !Has(tried, peer)) return false;
  if (silent && tried.empty() && now >= found->second.next_probe) {
    found->second.next_probe = now + kProbeInterval;
    return false;
  }
  return HasAlternative(peer, tried, now);
}

bool Replicas::HasAlternative(const std::string& peer,
                              std::span<const std::string> tried,
                              absl::Time now) const {
  return std::any_of(states_.begin(), states_.end(), [&](const auto& each) {
    const auto& [name, state] = each;
    return name != peer && !state.silent && now - state.last_answer < kMaxAge &&
           !Has(tried, name);
  });
}

Replicas::State& Replicas::StateOf(const std::string& peer) {
  if (states_.size() >= kMaxReplicas && !states_.contains(peer)) {
    states_.erase(std::min_element(
        states_.begin(), states_.end(), [](const auto& a, const auto& b) {
          return a.second.last_answer < b.second.last_answer;
        }));
  }
  return states_[peer];
}

}  // namespace usher::client
