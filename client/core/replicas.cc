#include "client/core/replicas.h"

#include <algorithm>

namespace usher::client {
namespace {

constexpr size_t kMaxReplicas = 64;
constexpr absl::Duration kBetweenTries = absl::Seconds(1);
// Whoever was heard longer ago than this may be gone.
constexpr absl::Duration kTrust = absl::Minutes(1);

bool Has(std::span<const std::string> peers, const std::string& peer) {
  return std::find(peers.begin(), peers.end(), peer) != peers.end();
}

}  // namespace

void Replicas::Answered(const std::string& peer, absl::Time now) {
  const base::MutexLock lock(mutex_);
  StateOf(peer) = {.heard = now};
}

void Replicas::WasSilent(const std::string& peer, absl::Time now) {
  const base::MutexLock lock(mutex_);
  State& state = StateOf(peer);
  state.silent = true;
  state.next_try = now + kBetweenTries;
}

void Replicas::BrokeOff(const std::string& peer) {
  const base::MutexLock lock(mutex_);
  states_.erase(peer);
}

bool Replicas::HadBetterAskAnother(const std::string& peer,
                                   std::span<const std::string> asked,
                                   absl::Time now) {
  const base::MutexLock lock(mutex_);
  const auto found = states_.find(peer);
  const bool silent = found != states_.end() && found->second.silent;
  if (!silent && !Has(asked, peer)) return false;
  if (silent && asked.empty() && now >= found->second.next_try) {
    found->second.next_try = now + kBetweenTries;
    return false;
  }
  return KnowsAnother(peer, asked, now);
}

bool Replicas::KnowsAnother(const std::string& peer,
                            std::span<const std::string> asked,
                            absl::Time now) const {
  return std::any_of(states_.begin(), states_.end(), [&](const auto& each) {
    const auto& [name, state] = each;
    return name != peer && !state.silent && now - state.heard < kTrust &&
           !Has(asked, name);
  });
}

Replicas::State& Replicas::StateOf(const std::string& peer) {
  if (states_.size() >= kMaxReplicas && !states_.contains(peer)) {
    states_.erase(std::min_element(states_.begin(), states_.end(),
                                   [](const auto& a, const auto& b) {
                                     return a.second.heard < b.second.heard;
                                   }));
  }
  return states_[peer];
}

}  // namespace usher::client
