#include <memory>
#include <string>
#include <vector>

#include "server/monitor/status_page/files.h"
#include "tests/lib/httpd/raw_client.h"
#include "tests/server/monitor/status_page/page_fixture.h"

namespace usher::status_page {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Served : Page {
  uint16_t port() const { return server->port(); }
  std::string Ask(const std::string& head, const std::string& body = "") {
    httpd::RawConnection connection(port());
    connection.Send(head + "\r\nConnection: close\r\n\r\n" + body);
    return connection.ReadAll();
  }

  const std::unique_ptr<httpd::Server> server =
      *Serve("127.0.0.1:0", 64, monitored.sources());
};

constexpr char kPost[] =
    "POST /api/explain HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    "Content-Type: application/json\r\nContent-Length: ";

TEST(StatusPageServer, ServesEverythingOverHttp) {
  Served served;
  EXPECT_THAT(served.Ask("GET / HTTP/1.1\r\nHost: localhost"),
              AllOf(StartsWith("HTTP/1.1 200 "),
                    HasSubstr("Content-Type: text/html; charset=utf-8\r\n"),
                    HasSubstr("X-Content-Type-Options: nosniff\r\n"),
                    HasSubstr("Cache-Control: no-store\r\n")));
  EXPECT_THAT(served.Ask("GET / HTTP/1.1\r\nHost: evil.example"),
              StartsWith("HTTP/1.1 421 "));
  EXPECT_THAT(served.Ask("GET /x HTTP/1.1\r\nHost: 127.0.0.1"),
              StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(served.Ask("GET /api/status?limit=x&offset=-1&text=%00 HTTP/1.1"
                         "\r\nHost: 127.0.0.1"),
              StartsWith("HTTP/1.1 200 "));
  const std::string body =
      "{\"token\":\"" + served.service.issuer.Mint() + "\"}";
  EXPECT_THAT(served.Ask(kPost + std::to_string(body.size()), body),
              HasSubstr("\"verdict\":\"verified\""));
}

TEST(StatusPageServer, RefusesBodiesThatAreTooLarge) {
  Served served;
  EXPECT_THAT(served.Ask(std::string(kPost) + "1000000"),
              StartsWith("HTTP/1.1 413 "));
}

TEST(StatusPageServer, AnswersWhileManyClientsAreSilentOrSlow) {
  Served served;
  std::vector<std::unique_ptr<httpd::RawConnection>> silent;
  for (int i = 0; i < 100; ++i) {
    silent.push_back(std::make_unique<httpd::RawConnection>(served.port()));
    silent.back()->Send(i % 2 ? "GET / HT"
                              : std::string(kPost) + "100\r\n\r\n{");
  }
  EXPECT_THAT(served.Ask("GET /api/status HTTP/1.1\r\nHost: 127.0.0.1"),
              StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace usher::status_page
