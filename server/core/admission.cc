#include "server/core/admission.h"

#include "lib/base/text/strings.h"

namespace usher::server {
namespace {

constexpr size_t kClientServiceDivisor = 4;
constexpr size_t kIssuerDivisor = 2;
constexpr size_t kBothDivisor = kIssuerDivisor * kClientServiceDivisor;

template <typename Uses>
typename Uses::iterator Entry(Uses& uses, std::string_view key) {
  const auto found = uses.find(key);
  return found != uses.end() ? found : uses.try_emplace(std::string(key)).first;
}

}  // namespace

void Permit::Return() {
  if (limit_ != nullptr) std::exchange(limit_, nullptr)->Return(*this);
}

bool AdmissionLimit::HasRoom(const Permit::Use& use, size_t bytes,
                             size_t divisor) const {
  return use.requests == 0 || (use.requests < limits_.requests / divisor &&
                               use.bytes + bytes <= limits_.bytes / divisor);
}

base::Refusal AdmissionLimit::Refuse(Bound bound) {
  refused_[static_cast<size_t>(bound)].fetch_add(1, std::memory_order_relaxed);
  const char* const where = bound == Bound::kClientService
                                ? " from this client service"
                            : bound == Bound::kIssuer ? " of this issuer"
                                                      : "";
  return {Reason::kOverloaded,
          base::StrCat("there are too many ", what_, where), "",
          absl::Seconds(1)};
}

base::Result<Permit> AdmissionLimit::TryAcquire(const Request& request) {
  const base::MutexLock lock(mutex_);
  const Permit::Use all = {in_use(), bytes_in_use()};
  if (all.requests >= limits_.requests) return Refuse(Bound::kRequests);
  if (!HasRoom(all, request.bytes, 1)) return Refuse(Bound::kBytes);
  const auto room = [&](const Permit::Uses& uses, std::string_view key,
                        size_t divisor) {
    const auto found = uses.find(key);
    return found == uses.end() ||
           HasRoom(found->second, request.bytes, divisor);
  };
  if (!room(by_client_service_, request.client_service,
            kClientServiceDivisor)) {
    return Refuse(Bound::kClientService);
  }
  // No name contains a line feed.
  const std::string both =
      base::StrCat(request.client_service, '\n', request.issuer);
  if (!request.issuer.empty() &&
      (!room(by_issuer_, request.issuer, kIssuerDivisor) ||
       !room(by_both_, both, kBothDivisor))) {
    return Refuse(Bound::kIssuer);
  }
  Permit permit(this, request.bytes);
  permit.used_ = {Entry(by_client_service_, request.client_service),
                  Entry(by_issuer_, request.issuer), Entry(by_both_, both)};
  for (const auto& used : permit.used_) {
    ++used->second.requests;
    used->second.bytes += request.bytes;
  }
  in_use_.fetch_add(1, std::memory_order_relaxed);
  bytes_.fetch_add(request.bytes, std::memory_order_relaxed);
  return permit;
}

void AdmissionLimit::Return(const Permit& permit) {
  const base::MutexLock lock(mutex_);
  in_use_.fetch_sub(1, std::memory_order_relaxed);
  bytes_.fetch_sub(permit.bytes_, std::memory_order_relaxed);
  const std::array<Permit::Uses*, 3> maps = {&by_client_service_, &by_issuer_,
                                             &by_both_};
  for (size_t i = 0; i < maps.size(); ++i) {
    const auto used = permit.used_[i];
    used->second.bytes -= permit.bytes_;
    if (--used->second.requests == 0) maps[i]->erase(used);
  }
}

}  // namespace usher::server
