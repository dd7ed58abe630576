// Calls a handler that responds at once.
#pragma once

#include <optional>
#include <utility>

#include "gtest/gtest.h"
#include "lib/httpd/message.h"

namespace usher::httpd {

inline Response ResponseOf(const AsyncHandler& handler, Request request) {
  std::optional<Response> given;
  handler(std::move(request),
          [&](Response response) { given = std::move(response); });
  EXPECT_TRUE(given.has_value()) << "the handler did not respond at once";
  return given.value_or(Response());
}

}  // namespace usher::httpd
