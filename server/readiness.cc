#include "server/readiness.h"

#include <string_view>
#include <utility>

namespace usher::server {
namespace {

using base::LogLevel;

std::set<std::string> NamesOf(const issuer::Registry& issuers) {
  std::set<std::string> names;
  for (const auto& issuer : issuers.issuers()) {
    if (issuer->config().required) names.insert(issuer->config().name);
  }
  return names;
}

void WriteEach(base::Log& log, LogLevel level, std::string_view event,
               const std::set<std::string>& from,
               const std::set<std::string>& without) {
  for (const std::string& name : from) {
    if (without.contains(name)) continue;
    log.Write(level, event,
              [&](base::JsonObject& line) { line.Add("issuer", name); });
  }
}

}  // namespace

bool Readiness::Update() {
  std::set<std::string> lacking;
  {
    const auto issuers = issuers_.Read();
    for (std::string& name : issuers->NotReady(clock_.Now())) {
      lacking.insert(std::move(name));
    }
    std::lock_guard lock(mutex_);
    if (!looked_) lacking_ = NamesOf(*issuers);
    WriteEach(log_, LogLevel::kInfo, "issuer_ready", lacking_, lacking);
    if (looked_) {
      WriteEach(log_, LogLevel::kWarning, "issuer_not_ready", lacking,
                lacking_);
    }
    looked_ = true;
    lacking_ = lacking;
  }
  return lacking.empty() && !draining();
}

std::string Readiness::WhyNot() const {
  if (draining()) return "draining";
  std::string out;
  for (const std::string& name : issuers_.Read()->NotReady(clock_.Now())) {
    out += out.empty() ? "no usable keys yet for: " : ", ";
    out += name;
  }
  return out;
}

}  // namespace usher::server
