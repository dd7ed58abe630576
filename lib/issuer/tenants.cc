#include "lib/issuer/tenants.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace usher::issuer {
namespace {

// How often tenants that are no longer needed are looked for.
constexpr absl::Duration kBetweenSweeps = absl::Seconds(5);

void StopAll(const std::vector<std::shared_ptr<jwks::Cache>>& caches) {
  for (const auto& keys : caches) keys->Stop();
}

bool HasKeys(const jwks::Cache& keys) {
  const auto served = keys.Keys();
  return served->fetched_at.has_value();
}

}  // namespace

std::shared_ptr<Tenants> Tenants::Create(Settings settings,
                                         jwks::Cache::Deps deps) {
  auto pattern = jwks::IssuerTemplate::Parse(settings.keys.issuer);
  return std::shared_ptr<Tenants>(
      new Tenants(std::move(settings), *std::move(pattern), deps));
}

Tenants::Tenants(Settings settings, jwks::IssuerTemplate pattern,
                 jwks::Cache::Deps deps)
    : settings_(std::move(settings)),
      template_(std::move(pattern)),
      deps_(deps),
      budget_(settings_.burst) {}

Tenants::~Tenants() { Stop(); }

std::shared_ptr<jwks::Cache> Tenants::Find(std::string_view tenant) {
  const absl::Time now = deps_.clock.Now();
  const base::MutexLock lock(mutex_);
  return Touch(tenant, now);
}

std::shared_ptr<jwks::Cache> Tenants::FindOrAdd(std::string_view tenant) {
  const absl::Time now = deps_.clock.Now();
  std::shared_ptr<jwks::Cache> keys;
  Removed removed;
  {
    const base::MutexLock lock(mutex_);
    if (auto known = Touch(tenant, now)) return known;
    if (stopped_ || !TakeFromBudget(now)) return nullptr;
    if (tenants_.size() >= settings_.most) {
      Remove(std::prev(tenants_.end()), removed);
    }
    jwks::Cache::Settings settings = settings_.keys;
    settings.issuer = template_.IssuerOf(tenant);
    keys = jwks::Cache::Create(std::move(settings), deps_);
    tenants_.push_front({std::string(tenant), keys, now, now});
    by_name_.emplace(tenants_.front().name, tenants_.begin());
    ScheduleSweep();
  }
  StopAll(removed);
  keys->Start();
  return keys;
}

std::shared_ptr<jwks::Cache> Tenants::Touch(std::string_view tenant,
                                            absl::Time now) {
  const auto found = by_name_.find(tenant);
  if (found == by_name_.end()) return nullptr;
  found->second->last_used = now;
  tenants_.splice(tenants_.begin(), tenants_, found->second);
  return found->second->keys;
}

bool Tenants::TakeFromBudget(absl::Time now) {
  if (now > budget_at_) {
    budget_ = std::min<double>(
        settings_.burst,
        budget_ + absl::FDivDuration(now - budget_at_, settings_.apart));
    budget_at_ = now;
  }
  if (budget_ < 1) return false;
  budget_ -= 1;
  return true;
}

void Tenants::Remove(List::iterator tenant, Removed& removed) {
  removed.push_back(std::move(tenant->keys));
  by_name_.erase(tenant->name);
  tenants_.erase(tenant);
}

Tenants::Removed Tenants::RemoveAll() {
  Removed removed;
  while (!tenants_.empty()) Remove(tenants_.begin(), removed);
  return removed;
}

void Tenants::Clear() {
  Removed removed;
  {
    const base::MutexLock lock(mutex_);
    removed = RemoveAll();
  }
  StopAll(removed);
}

void Tenants::Stop() {
  Removed removed;
  {
    const base::MutexLock lock(mutex_);
    stopped_ = true;
    if (sweep_) deps_.scheduler.Cancel(*std::exchange(sweep_, std::nullopt));
    removed = RemoveAll();
  }
  StopAll(removed);
}

size_t Tenants::size() const {
  const base::MutexLock lock(mutex_);
  return tenants_.size();
}

void Tenants::ScheduleSweep() {
  if (sweep_ || stopped_ || tenants_.empty()) return;
  sweep_ =
      deps_.scheduler.At(deps_.clock.Now() + kBetweenSweeps,
                         [weak = weak_from_this(), &executor = deps_.executor] {
                           executor.Run([weak] {
                             if (const auto self = weak.lock()) self->Sweep();
                           });
                         });
}

void Tenants::Sweep() {
  const absl::Time now = deps_.clock.Now();
  Removed removed;
  {
    const base::MutexLock lock(mutex_);
    sweep_.reset();
    for (auto tenant = tenants_.begin(); tenant != tenants_.end();) {
      const auto next = std::next(tenant);
      tenant->had_keys = tenant->had_keys || HasKeys(*tenant->keys);
      if (now - tenant->last_used >= kIdle ||
          (!tenant->had_keys && now - tenant->added >= kWithoutKeys)) {
        Remove(tenant, removed);
      }
      tenant = next;
    }
    ScheduleSweep();
  }
  StopAll(removed);
}

}  // namespace usher::issuer
