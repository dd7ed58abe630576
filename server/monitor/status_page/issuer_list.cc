#include "server/monitor/status_page/issuer_list.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "lib/base/json_writer.h"
#include "lib/base/text/strings.h"
#include "server/rpc/key_status.h"

namespace usher::status_page {
namespace {

using base::JsonArray;
using base::JsonObject;

// Worst first.
enum State : uint8_t { kDown, kStale, kFailing, kReady };
constexpr auto kStates =
    std::to_array<const char*>({"down", "stale", "failing", "ready"});

struct Row {
  const issuer::Issuer* issuer;
  State state;
};

State StateOf(const issuer::Issuer& issuer, absl::Time now) {
  const jwks::Cache* keys = issuer.keys();
  if (keys == nullptr) return kReady;
  const auto served = keys->Keys();
  if (!served->UsableAt(now)) return kDown;
  if (served->StaleAt(now)) return kStale;
  return keys->Status().last_error ? kFailing : kReady;
}

// `text` must be in lower case, as every name is.
bool Matches(const issuer::Config& config, std::string_view text) {
  return config.name.find(text) != std::string::npos ||
         absl::AsciiStrToLower(config.issuer).find(text) != std::string::npos;
}

void AddTime(std::string_view name, std::optional<absl::Time> time,
             JsonObject& out) {
  if (!time) return;
  out.Add(name, absl::ToUnixMillis(*time));
}

std::string KeyJson(const jose::Key& key, absl::Time first_seen) {
  JsonObject out;
  if (key.kid()) out.Add("kid", *key.kid());
  out.Add("algorithms", server::AlgNames(key.algs()))
      .Add("type", server::NameOf(key.type()))
      .Add("bits", key.bits())
      .Add("thumbprint", server::ThumbprintOf(key));
  AddTime("first_seen", first_seen, out);
  return out.Text();
}

void AddKeys(const jwks::Cache& cache, const jwks::CacheStatus& status,
             absl::Time now, JsonObject& out) {
  const auto served = cache.Keys();
  const auto keys = served->keys.keys();
  const auto first_seen = server::FirstSeen(*served, status, now);
  JsonArray list;
  for (size_t i = 0; i < std::min(keys.size(), kMostKeys); ++i) {
    list.AddRaw(KeyJson(keys[i], first_seen[i]));
  }
  out.Add("keys_total", keys.size())
      .AddRaw("keys", list.Text())
      .Add("keys_ignored", served->keys.ignored().size());
  AddTime("fetched_at", served->fetched_at, out);
  // Keys in the configuration are always fresh.
  if (served->fresh_until < absl::InfiniteFuture()) {
    AddTime("usable_until", served->usable_until, out);
  }
}

// "https://issuer/introspect: opaque tokens that begin with ory_at_; its JWTs".
std::string DescribeIntrospection(const issuer::Introspection& introspection) {
  std::vector<std::string> about;
  if (!introspection.prefix.empty()) {
    about.push_back(
        base::StrCat("opaque tokens that begin with ", introspection.prefix));
  }
  if (introspection.is_default) {
    about.push_back("opaque tokens without a known prefix");
  }
  if (introspection.always) about.push_back("its JWTs");
  if (about.empty()) about.push_back("tokens of requests that name it");
  return base::StrCat(
      introspection.endpoint.value_or("the endpoint of its metadata"), ": ",
      base::Join(about, "; "));
}

std::string RowJson(const Row& row, absl::Time now) {
  const issuer::Config& config = row.issuer->config();
  const jwks::Cache* keys = row.issuer->keys();
  const jwks::CacheStatus status = keys ? keys->Status() : jwks::CacheStatus();
  JsonObject out;
  out.Add("name", config.name)
      .Add("issuer", config.issuer)
      .Add("state", kStates[row.state])
      .Add("required", config.required)
      .Add("audiences", config.audiences)
      .Add("algorithms", server::AlgNames(config.algorithms))
      .Add("keys_from", row.issuer->KeysFrom())
      .Add("failures", status.failures);
  if (config.introspection) {
    out.Add("introspection", DescribeIntrospection(*config.introspection));
  }
  if (keys) {
    AddKeys(*keys, status, now, out);
  } else {
    out.Add("keys_total", 0).AddRaw("keys", "[]").Add("keys_ignored", 0);
  }
  AddTime("last_attempt", status.last_attempt, out);
  AddTime("last_success", status.last_success, out);
  AddTime("next_refresh", status.next_refresh, out);
  if (status.last_error) out.Add("last_error", *status.last_error);
  return out.Text();
}

// The first issuer of the page that `filter` asks for.
size_t First(const IssuerFilter& filter, size_t limit, size_t matching) {
  if (filter.offset < matching) return filter.offset;
  return matching == 0 ? 0 : (matching - 1) / limit * limit;
}

}  // namespace

std::string ListIssuers(const issuer::Registry& issuers,
                        const IssuerFilter& filter, absl::Time now) {
  std::array<size_t, kStates.size()> counts{};
  std::vector<Row> rows;
  const std::string text = absl::AsciiStrToLower(base::Absl(filter.text));
  for (const auto& issuer : issuers.issuers()) {
    const State state = StateOf(*issuer, now);
    ++counts[state];
    if (filter.only_troubled && state == kReady) continue;
    if (!Matches(issuer->config(), text)) continue;
    rows.push_back({issuer.get(), state});
  }
  std::ranges::stable_sort(rows, {}, &Row::state);
  const size_t limit = std::clamp<size_t>(filter.limit, 1, kMostIssuers);
  const size_t first = First(filter, limit, rows.size());
  JsonArray list;
  for (size_t i = first; i < std::min(rows.size(), first + limit); ++i) {
    list.AddRaw(RowJson(rows[i], now));
  }
  JsonObject out;
  out.Add("total", issuers.issuers().size());
  for (size_t i = 0; i < kStates.size(); ++i) out.Add(kStates[i], counts[i]);
  out.Add("matching", rows.size())
      .Add("offset", first)
      .Add("limit", limit)
      .AddRaw("list", list.Text());
  return out.Text();
}

}  // namespace usher::status_page
