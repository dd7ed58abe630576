// The /metrics page: what has been counted and the state of now, as Prometheus
// text.
//
// metrics.cc is the one home of prometheus-cpp. Labels come only from
// configured names and our own tables, so a token cannot make a time series.
#pragma once

#include <string>
#include <vector>

#include "server/monitor/sources.h"
#include "server/stats/instruments.h"

namespace usher::server {

// Text exposition format 0.0.4. Holds no lock that requests wait for longer
// than it takes to read one shard of the token cache.
std::string RenderMetrics(const Sources& sources);

// The Content-Type of that text.
inline constexpr const char* kMetricsContentType =
    "text/plain; version=0.0.4; charset=utf-8";

// Every metric, by name.
std::vector<MetricInfo> AllMetrics();

// The table of metrics in docs/operations.md.
std::string MetricsTable();

}  // namespace usher::server
