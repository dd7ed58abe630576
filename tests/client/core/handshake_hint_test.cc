#include "client/core/handshake_hint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace usher::client {
namespace {

using ::testing::HasSubstr;

constexpr char kClosed[] =
    "connections to all backends failing; last error: UNAVAILABLE: "
    "ipv4:127.0.0.1:9443: Socket closed";

std::string HintFor(const std::string& message, ShownIdentity shown) {
  return std::string(HandshakeHint(
      grpc::Status(grpc::StatusCode::UNAVAILABLE, message), shown));
}

TEST(HandshakeHint, DependsOnWhatTheClientShows) {
  EXPECT_THAT(HintFor(kClosed, ShownIdentity::kNone),
              HasSubstr("wants a client certificate"));
  EXPECT_THAT(HintFor(kClosed, ShownIdentity::kCertificate),
              HasSubstr("does not accept the client certificate"));
  EXPECT_EQ(HintFor(kClosed, ShownIdentity::kUnknown), "");
}

TEST(HandshakeHint, IsOnlyForConnectionsThatTheServerEnded) {
  for (const char* message :
       {"Socket closed",
        "failed to connect to all addresses; last error: UNKNOWN: "
        "ipv4:127.0.0.1:1: Failed to connect to remote host: Connection "
        "refused",
        "failed to connect to all addresses; last error: UNKNOWN: "
        "ipv4:127.0.0.1:1: Ssl handshake failed: SSL_ERROR_SSL: error:0A000086:"
        "SSL routines::certificate verify failed"}) {
    EXPECT_EQ(HintFor(message, ShownIdentity::kNone), "") << message;
  }
  EXPECT_EQ(
      HandshakeHint(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, kClosed),
                    ShownIdentity::kNone),
      "");
}

TEST(ShownIdentityOf, KnowsTheOptions) {
  EXPECT_EQ(ShownIdentityOf({}), ShownIdentity::kNone);
  EXPECT_EQ(ShownIdentityOf({.tls = std::nullopt}), ShownIdentity::kUnknown);
  ClientOptions options;
  options.tls->identity_files = {{.certificate = "a", .private_key = "b"}};
  EXPECT_EQ(ShownIdentityOf(options), ShownIdentity::kCertificate);
}

}  // namespace
}  // namespace usher::client
