#include "client/core/handshake_hint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

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
  EXPECT_THAT(HintFor(kClosed, ShownIdentity::kPlaintext),
              HasSubstr("wants TLS"));
  EXPECT_EQ(HintFor(kClosed, ShownIdentity::kUnknown), "");
}

TEST(HandshakeHint, TranslatesTheWordsOfOpenSsl) {
  const std::pair<const char*, const char*> rows[] = {
      {"Ssl handshake failed: SSL_ERROR_SSL: error:0A00010B:SSL "
       "routines::wrong version number",
       "without TLS"},
      {"Ssl handshake failed: SSL_ERROR_SSL: error:0A000086:SSL "
       "routines::certificate verify failed",
       "--ca"},
      {"Peer name other.test is not in peer certificate", "--server-name"},
      {"Trying to connect an http1.x server", "for HTTP"}};
  for (const auto& [words, hint] : rows) {
    const std::string message =
        std::string(
            "failed to connect to all addresses; last error: UNKNOWN: "
            "ipv4:127.0.0.1:1: ") +
        words;
    EXPECT_THAT(HintFor(message, ShownIdentity::kNone), HasSubstr(hint));
  }
}

TEST(HandshakeHint, IsOnlyForConnectionsThatTheServerEnded) {
  for (const char* message :
       {"Socket closed",
        "failed to connect to all addresses; last error: UNKNOWN: "
        "ipv4:127.0.0.1:1: Failed to connect to remote host: Connection "
        "refused"}) {
    EXPECT_EQ(HintFor(message, ShownIdentity::kNone), "") << message;
  }
  EXPECT_EQ(
      HandshakeHint(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, kClosed),
                    ShownIdentity::kNone),
      "");
}

TEST(ShownIdentityOf, KnowsTheOptions) {
  EXPECT_EQ(ShownIdentityOf({}), ShownIdentity::kNone);
  EXPECT_EQ(ShownIdentityOf({.tls = std::nullopt}), ShownIdentity::kPlaintext);
  ClientOptions options;
  options.tls->identity_files = {{.certificate = "a", .private_key = "b"}};
  EXPECT_EQ(ShownIdentityOf(options), ShownIdentity::kCertificate);
}

}  // namespace
}  // namespace usher::client
