// The details of a refused call, as text that tests compare.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "lib/base/text/strings.h"
#include "tests/client/guard/grpc/guarded_server.h"

namespace usher::testing {

// The details of a status: "TOKEN_EXPIRED usher.dev", then metadata, then
// "retry 1s".
inline std::string DetailsOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return "(unreadable)";
  if (status.error_details().empty()) return "(none)";
  EXPECT_EQ(details.code(), status.error_code());
  EXPECT_EQ(details.message(), status.error_message());
  std::string text;
  for (const auto& any : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::RetryInfo retry;
    if (any.UnpackTo(&info)) {
      text += base::StrCat(info.reason(), " ", info.domain());
      for (const char* key : {"scope", "scope_match"}) {
        if (info.metadata().contains(key)) {
          text += base::StrCat(" ", key, "=", info.metadata().at(key));
        }
      }
    } else if (any.UnpackTo(&retry)) {
      text += base::StrCat(" retry ", retry.retry_delay().seconds(), "s");
    }
  }
  return text;
}

inline std::string ChallengeOf(const Outcome& outcome) {
  EXPECT_LE(outcome.trailers.count("www-authenticate"), 1u);
  const auto found = outcome.trailers.find("www-authenticate");
  return found == outcome.trailers.end() ? "(none)" : found->second;
}

// A refusal by the gate, which has no details: of the token "old".
inline void ExpectExpired(const Outcome& outcome) {
  EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(outcome.status.error_message(),
            "invalid_token: TOKEN_EXPIRED: expired 12s ago");
  EXPECT_EQ(DetailsOf(outcome.status), "(none)");
  EXPECT_EQ(ChallengeOf(outcome), "(none)");
}

// The refusal of "poor.eve", whose token is good and has no scopes: with
// details, and by the gate alone.
inline void ExpectRich(const Outcome& outcome) {
  EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(outcome.status.error_message(),
            "insufficient_scope: SCOPE_INSUFFICIENT: needs orders.read");
  EXPECT_EQ(DetailsOf(outcome.status),
            "SCOPE_INSUFFICIENT usher.dev scope=orders.read scope_match=all");
  EXPECT_EQ(ChallengeOf(outcome),
            "Bearer error=\"insufficient_scope\", "
            "error_description=\"SCOPE_INSUFFICIENT: needs orders.read\", "
            "scope=\"orders.read\"");
}
inline void ExpectPlain(const Outcome& outcome) {
  EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(outcome.status.error_message(),
            "insufficient_scope: SCOPE_INSUFFICIENT: needs orders.read");
  EXPECT_EQ(DetailsOf(outcome.status), "(none)");
  EXPECT_EQ(ChallengeOf(outcome), "(none)");
}

}  // namespace usher::testing
