// CurlClient against hostile servers.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/lib/http/fetching.h"
#include "tests/lib/http/raw_tls_server.h"

namespace usher::http {
namespace {

using testing::CertificateAuthority;

absl::StatusOr<Response> FetchAnswer(const std::string& bytes,
                                     size_t max_body = 1 << 20) {
  const CertificateAuthority ca;
  const RawTlsServer server(ca, bytes);
  auto client = MakeClient();
  Request request = Get(server.url(), TrustIn(ca));
  request.max_body = max_body;
  return FetchNow(*client, std::move(request));
}

TEST(HostileResponse, WithoutAnnouncedLengthEndsAtTheLimit) {
  EXPECT_EQ(FetchAnswer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "6\r\nabcdef\r\n6\r\nghijkl\r\n0\r\n\r\n",
                        10)
                .status(),
            absl::ResourceExhaustedError(
                "127.0.0.1 answered with more than 10 bytes"));
}

TEST(HostileResponse, ThatIsTooSlowEndsAtTheDeadline) {
  const CertificateAuthority ca;
  const RawTlsServer server(ca,
                            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
                            /*then_hold=*/true);
  auto client = MakeClient();
  Request request = Get(server.url(), TrustIn(ca));
  request.timeout = absl::Milliseconds(500);
  EXPECT_EQ(FetchNow(*client, request).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(HostileResponse, ThatIsTruncatedIsAnError) {
  EXPECT_EQ(FetchAnswer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(FetchAnswer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "6\r\nabc")
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(FetchAnswer("").status().code(), absl::StatusCode::kUnavailable);
}

TEST(HostileResponse, ThatIsCompressedIsNamedAndNotDecompressed) {
  EXPECT_EQ(FetchAnswer("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n"
                        "Content-Length: 2\r\n\r\n{}")
                .status(),
            absl::UnavailableError(
                "127.0.0.1 answered in the content coding br, although it was "
                "asked for none"));
  EXPECT_TRUE(FetchAnswer("HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\n"
                          "Content-Length: 2\r\n\r\n{}")
                  .ok());
}

TEST(HostileResponse, ThatIsNotHttpIsAnError) {
  EXPECT_EQ(FetchAnswer("{\"keys\":[]}").status().code(),
            absl::StatusCode::kUnavailable);
}

TEST(HostileResponse, OfEndlessInterimResponsesEndsAtTheHeaderLimit) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) {
    bytes += "HTTP/1.1 103 Early Hints\r\nX-Filler: " + std::string(50, 'x') +
             "\r\n\r\n";
  }
  EXPECT_EQ(FetchAnswer(bytes).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(HostileResponse, KeepsOnlyTheHeadersOfTheFinalResponse) {
  auto response = FetchAnswer(
      "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
      "HTTP/1.1 200 OK\r\nX-Late: 2\r\nContent-Length: 2\r\n\r\nok");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->Header("x-early"), std::nullopt);
  EXPECT_EQ(response->Header("x-late"), "2");
  EXPECT_EQ(response->body, "ok");
}

}  // namespace
}  // namespace usher::http
