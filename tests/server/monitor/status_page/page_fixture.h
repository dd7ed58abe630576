// A status page over a service with a fake clock and a fake network.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/json/json.h"
#include "server/monitor/status_page/endpoint.h"
#include "tests/lib/httpd/response_of.h"
#include "tests/server/monitor/monitor_fixture.h"

namespace usher::status_page {

using Headers = std::vector<std::pair<std::string, std::string>>;

inline constexpr char kHost[] = "127.0.0.1:9465";

inline httpd::Request Asking(std::string method, std::string path,
                             Headers headers = {}) {
  httpd::Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.headers = std::move(headers);
  if (!request.Header("host")) request.headers.push_back({"host", kHost});
  return request;
}

inline httpd::Request Posting(std::string body, Headers headers = {}) {
  headers.push_back({"content-type", "application/json"});
  httpd::Request request = Asking("POST", "/api/explain", std::move(headers));
  request.body = std::move(body);
  return request;
}

struct Page {
  explicit Page(server::ServiceFixture::Options options = {})
      : monitored(options) {}

  httpd::Response Ask(const httpd::Request& request) {
    return httpd::ResponseOf(Handler(monitored.sources()), request);
  }
  // The inspector's answer to a body.
  std::string Explain(std::string body, int status = 200) {
    const httpd::Response answer = Ask(Posting(std::move(body)));
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.content_type, "application/json; charset=utf-8");
    json::Reader reader;
    EXPECT_TRUE(reader.Parse(answer.body)) << reader.error();
    return answer.body;
  }

  server::Monitored monitored;
  server::ServiceFixture& service = monitored.service;
};

inline std::string Value(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace usher::status_page
