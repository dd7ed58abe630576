#include "server/monitor/status_page/status_json.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/json_writer.h"
#include "server/core/version.h"
#include "usher/reason.h"

namespace usher::status_page {
namespace {

using base::JsonArray;
using base::JsonObject;

// At most so many issuers without keys are named; the page says how many more
// there are.
constexpr size_t kMostNamed = 10;

// One warning, and the number of issuers it is about; 0: about usherd itself.
struct Warning {
  std::string_view text;
  size_t issuers = 0;
};

// "issuers[7].insecure_x: ..." counts as the same for every issuer.
Warning Split(std::string_view text) {
  const size_t end = text.find("].");
  if (!text.starts_with("issuers[") || end == text.npos) return {text, 0};
  return {text.substr(end + 2), 1};
}

std::string WarningsJson(const std::vector<std::string>& warnings) {
  std::vector<Warning> different;
  for (const std::string& text : warnings) {
    const Warning one = Split(text);
    const auto same = std::ranges::find(different, one.text, &Warning::text);
    if (same == different.end()) {
      different.push_back(one);
    } else {
      same->issuers += one.issuers;
    }
  }
  JsonArray list;
  for (const Warning& one : different) {
    list.AddRaw(
        JsonObject().Add("text", one.text).Add("issuers", one.issuers).Text());
  }
  return list.Text();
}

void AddReadiness(const server::Readiness::State& state, JsonObject& out) {
  const std::vector<std::string>& lacking = state.lacking;
  const size_t named = std::min(lacking.size(), kMostNamed);
  out.Add("ready", state.serving())
      .Add("draining", state.draining)
      .Add("lacking", std::span(lacking.data(), named))
      .Add("lacking_total", lacking.size());
}

std::string CacheJson(const verify::TokenCache::Counts& counts) {
  return JsonObject()
      .Add("entries", counts.entries)
      .Add("bytes", counts.bytes)
      .Add("hits", counts.hits)
      .Add("misses", counts.misses)
      .Add("evictions", counts.evictions)
      .Text();
}

std::string RevocationsJson(const revocation::Store& store) {
  return JsonObject()
      .Add("entries", store.set().size())
      .Add("limit", store.max_entries())
      .Add("store_errors", store.errors())
      .Text();
}

const char* KindOf(const server::VerdictHistory::Series& series) {
  if (!series.reason) return "verified";
  return IsUndecided(*series.reason) ? "undecided" : "denied";
}

std::string SeriesJson(const server::VerdictHistory::Series& series) {
  JsonArray counts;
  for (const uint32_t count : series.counts) {
    counts.AddRaw(std::to_string(count));
  }
  return JsonObject()
      .Add("result", series.reason ? NameOf(*series.reason) : "VERIFIED")
      .Add("kind", KindOf(series))
      .Add("meaning",
           series.reason ? InfoOf(*series.reason).meaning : "Accepted.")
      .AddRaw("counts", counts.Text())
      .Text();
}

std::string VerdictsJson(const server::VerdictHistory& history) {
  JsonArray series;
  for (const auto& one : history.Read()) series.AddRaw(SeriesJson(one));
  return JsonObject()
      .Add("slice_seconds", server::VerdictHistory::kSlice.count())
      .Add("slices", server::VerdictHistory::kSlices)
      .AddRaw("series", series.Text())
      .Text();
}

}  // namespace

std::string StatusJson(const server::Sources& sources,
                       const IssuerFilter& filter) {
  const auto active_config = sources.active_config.Read();
  const issuer::Registry& issuers = *active_config->issuers;
  // Those of the active configuration, then those of the changed file.
  std::vector<std::string> warnings = active_config->warnings;
  for (std::string& note : sources.reloads.Notes()) {
    warnings.push_back(std::move(note));
  }
  const absl::Time now = sources.clock.Now();
  JsonObject out;
  out.Add("version", server::kVersion)
      .Add("generation", issuers.generation())
      .Add("now", absl::ToUnixMillis(now))
      .Add("started_at", absl::ToUnixMillis(sources.started_at))
      .Add("in_flight", sources.counters.in_flight.value())
      .AddRaw("warnings", WarningsJson(warnings));
  AddReadiness(sources.readiness.Update(), out);
  if (sources.revocations) {
    out.AddRaw("revocations", RevocationsJson(*sources.revocations));
  }
  out.AddRaw("token_cache", CacheJson(sources.token_cache.counts()))
      .AddRaw("verdicts", VerdictsJson(sources.history))
      .AddRaw("issuers", ListIssuers(issuers, filter, now));
  return out.Text();
}

}  // namespace usher::status_page
