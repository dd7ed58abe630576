// The sources of /metrics and of the status page, over a service with a fake
// clock and a fake network.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "server/monitor/sources.h"
#include "tests/server/rpc/service_fixture.h"

namespace usher::server {

struct Monitored {
  explicit Monitored(ServiceFixture::Options options = {}) : service(options) {}

  Sources sources() {
    return {.clock = service.clock,
            .active_config = service.active_config,
            .token_cache = service.engine.token_cache(),
            .answer_cache = service.engine.answer_cache(),
            .counters = service.counters,
            .history = history,
            .reloads = service.reloads,
            .waiting_limit = service.waiting_limit,
            .batch_limit = service.batch_limit,
            .signature_budget = budget,
            .audit = nullptr,
            .certificates = certificates,
            .listeners = listeners,
            .readiness = readiness,
            .started_at = service.clock.Now() - absl::Minutes(3)};
  }

  ServiceFixture service;
  verify::SignatureBudget budget{1};
  base::Log log{service.clock, base::LogLevel::kError, [](std::string_view) {}};
  std::vector<std::shared_ptr<Certificates>> certificates;
  AllListenerStats listeners;
  VerdictHistory history{{}};
  Readiness readiness{service.active_config, service.clock, log, [](bool) {}};
};

}  // namespace usher::server
