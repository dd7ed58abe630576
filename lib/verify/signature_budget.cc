#include "lib/verify/signature_budget.h"

#include <algorithm>

namespace usher::verify {
namespace {

constexpr double kClientServiceShare = 0.75;
constexpr double kIssuerShare = 0.75;
constexpr double kBothShare = 0.5;

// A debt beyond this can only come from a clock that was set back.
constexpr absl::Duration kLongestDebt = absl::Minutes(1);

// Names come from the configuration, and those that it no longer has are
// dropped when there are this many.
constexpr size_t kManyNames = 4096;

// No name contains a line feed.
std::string Both(const SignatureBudget::Use& use) {
  return base::StrCat(use.client_service, '\n', use.issuer);
}

}  // namespace

bool SignatureBudget::IsExceeded(Debts& debts, std::string_view name,
                                 absl::Time now) {
  const auto found = debts.find(name);
  if (found == debts.end()) return false;
  if (found->second > now + kLongestDebt) found->second = now;
  return found->second > now + kBurst;
}

std::optional<SignatureBudget::Bound> SignatureBudget::FindExceeded(
    const Use& use, absl::Time now) {
  const std::string both = Both(use);
  std::optional<Bound> exceeded;
  {
    const base::MutexLock lock(mutex_);
    if (IsExceeded(client_services_, use.client_service, now)) {
      exceeded = Bound::kClientService;
    } else if (IsExceeded(both_, both, now) ||
               IsExceeded(issuers_, use.issuer, now)) {
      exceeded = Bound::kIssuer;
    }
  }
  if (exceeded) {
    refused_[static_cast<size_t>(*exceeded)].fetch_add(
        1, std::memory_order_relaxed);
  }
  return exceeded;
}

void SignatureBudget::Add(Debts& debts, std::string_view name, double share,
                          absl::Duration processor_time, absl::Time now) {
  auto found = debts.find(name);
  if (found == debts.end()) {
    if (debts.size() >= kManyNames) {
      absl::erase_if(debts,
                     [&](const auto& debt) { return debt.second <= now; });
    }
    found = debts.try_emplace(std::string(name), now).first;
  }
  found->second =
      std::max(found->second, now) + processor_time / (share * processors_);
}

void SignatureBudget::Charge(const Use& use, Signature signature,
                             absl::Duration processor_time, absl::Time now) {
  const std::string both = Both(use);
  const base::MutexLock lock(mutex_);
  Add(client_services_, use.client_service, kClientServiceShare, processor_time,
      now);
  Add(both_, both, kBothShare, processor_time, now);
  if (signature == Signature::kValid) {
    Add(issuers_, use.issuer, kIssuerShare, processor_time, now);
  }
}

}  // namespace usher::verify
