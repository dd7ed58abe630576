#include "server/rpc/issuer_status.h"

#include <string>
#include <vector>

#include "server/rpc/key_status.h"
#include "server/rpc/wire.h"

namespace usher::server {
namespace {

using Names = google::protobuf::RepeatedPtrField<std::string>;

void Fill(const std::vector<std::string>& names, Names& out) {
  out.Assign(names.begin(), names.end());
}

void FillKeys(const jwks::Cache& cache, const jwks::CacheStatus& status,
              absl::Time now, v1::IssuerStatus& out) {
  const auto served = cache.Keys();
  const auto keys = served->keys.keys();
  const auto first_seen = FirstSeen(*served, status, now);
  for (size_t i = 0; i < keys.size(); ++i) {
    ToWire(keys[i], first_seen[i], *out.add_keys());
  }
  for (const std::string& line : served->keys.ignored()) {
    out.add_ignored_keys(line);
  }
  out.set_stale(served->UsableAt(now) && served->StaleAt(now));
}

}  // namespace

void ToWire(const jose::Key& key, absl::Time first_seen, v1::KeyStatus& out) {
  if (key.kid()) out.set_key_id(*key.kid());
  Fill(AlgNames(key.algs()), *out.mutable_algorithms());
  out.set_type(NameOf(key.type()));
  out.set_bits(static_cast<uint32_t>(key.bits()));
  out.set_thumbprint(ThumbprintOf(key));
  ToWire(first_seen, *out.mutable_first_seen());
}

void ToWire(const issuer::Issuer& issuer, absl::Time now,
            v1::IssuerStatus& out) {
  const issuer::Config& config = issuer.config();
  out.set_name(config.name);
  out.set_issuer(config.issuer);
  Fill(config.audiences, *out.mutable_audiences());
  Fill(AlgNames(config.algorithms), *out.mutable_algorithms());
  out.set_ready(issuer.IsReady(now));
  const jwks::Cache* keys = issuer.keys();
  out.set_keys_from(issuer.KeysFrom());
  if (keys == nullptr) return;
  const jwks::CacheStatus status = keys->Status();
  FillKeys(*keys, status, now, out);
  if (status.last_success) {
    ToWire(*status.last_success, *out.mutable_last_success());
  }
  if (status.last_attempt) {
    ToWire(*status.last_attempt, *out.mutable_last_attempt());
  }
  if (status.next_refresh) {
    ToWire(*status.next_refresh, *out.mutable_next_refresh());
  }
  if (status.last_error) out.set_last_error(*status.last_error);
  out.set_consecutive_failures(static_cast<uint32_t>(status.failures));
}

}  // namespace usher::server
