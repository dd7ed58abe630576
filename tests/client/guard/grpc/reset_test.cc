// Calls that never reach a handler: they must leave no admission behind.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "lib/base/text/strings.h"
#include "tests/client/guard/grpc/fake_usherd.h"
#include "tests/client/guard/grpc/guarded_server.h"

namespace usher::testing {
namespace {

// HTTP/2 by hand (RFC 9113): no gRPC client resets a call so soon.
class RawConnection {
 public:
  explicit RawConnection(const std::string& address)
      : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(
        std::stoi(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, ""));
  }
  ~RawConnection() { close(socket_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  // A call with each token, reset at once.
  void ResetCalls(const std::vector<std::string>& tokens) {
    std::string out;
    for (const std::string& token : tokens) {
      stream_ += 2;
      std::string block;
      for (const auto& [name, value] :
           std::vector<std::pair<std::string, std::string>>{
               {":method", "POST"},
               {":scheme", "http"},
               {":path", "/usher.testing.Echo/Unary"},
               {":authority", "localhost"},
               {"te", "trailers"},
               {"content-type", "application/grpc"},
               {"authorization", "Bearer " + token}}) {
        block += '\0' + Text(name) + Text(value);
      }
      out += Frame(kHeaders, kEndHeaders, stream_, block);
      out += Frame(kRstStream, 0, stream_, std::string("\0\0\0\x08", 4));
    }
    Send(out);
    char answers[1 << 16];
    while (recv(socket_, answers, sizeof answers, MSG_DONTWAIT) > 0) {
    }
  }

 private:
  static constexpr char kHeaders = 1, kRstStream = 3, kSettings = 4;
  static constexpr char kEndHeaders = 4;

  // The lowest bytes of `number`, the highest first.
  static std::string Bytes(uint32_t number, int count) {
    std::string bytes;
    for (int i = count - 1; i >= 0; --i) {
      bytes += static_cast<char>(number >> (8 * i));
    }
    return bytes;
  }
  static std::string Frame(char type, char flags, uint32_t stream,
                           std::string_view payload) {
    return base::StrCat(Bytes(static_cast<uint32_t>(payload.size()), 3),
                        std::string{type, flags}, Bytes(stream, 4), payload);
  }
  // HPACK: a string of any length, not Huffman-coded (RFC 7541 section 5).
  static std::string Text(std::string_view text) {
    if (text.size() < 127) {
      return base::StrCat(Bytes(static_cast<uint32_t>(text.size()), 1), text);
    }
    std::string size = "\x7f";
    size_t rest = text.size() - 127;
    for (; rest >= 128; rest /= 128)
      size += static_cast<char>(rest % 128 + 128);
    return base::StrCat(size + static_cast<char>(rest), text);
  }
  void Send(std::string_view data) {
    while (!data.empty()) {
      const ssize_t sent =
          send(socket_, data.data(), data.size(), MSG_NOSIGNAL);
      ASSERT_GT(sent, 0);
      data.remove_prefix(static_cast<size_t>(sent));
    }
  }

  const int socket_;
  uint32_t stream_ = static_cast<uint32_t>(-1);
};

// Some thousand, unless the environment says how many in all styles.
int CallsPerStyle() {
  const char* all = std::getenv("USHER_TEST_RESETS");
  if (all == nullptr) return 3'000;
  return std::atoi(all) / static_cast<int>(std::size(kStyles)) / 30 * 30;
}

size_t RssKib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  }
  return 0;
}

// AddressSanitizer keeps what was freed.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// Has room for some hundred admissions of the tokens below.
GuardOptions SmallGuard(const FakeUsherd& usherd) {
  GuardOptions options = OptionsFor(usherd.address());
  options.max_verdicts = 64;
  options.max_verdict_bytes = 1 << 20;
  options.max_pending_bytes = 1 << 20;
  return options;
}

// Each call has another token, and the guard has room for some hundred: if
// admissions stayed behind, it would soon refuse every caller. But on a
// completion queue gRPC drops a call that brings no message, and only a token
// that is used again stays behind: once.
TEST(GuardReset, LeavesNoAdmissionBehindInAnyStyle) {
  FakeUsherd usherd;
  const std::string padding(1'000, 'x');
  for (const Style style : kStyles) {
    const auto guard = *Guard::Create(SmallGuard(usherd));
    GuardedServer server(*guard, style);
    const auto stub = server.NewStub();
    RawConnection raw(server.address());
    const int calls = CallsPerStyle();
    size_t early_rss = 0;
    for (int sent = 0; sent < calls;) {
      if (sent == calls / 3) early_rss = RssKib();
      std::vector<std::string> tokens;
      for (int i = 0; i < 10; ++i, ++sent) {
        const int number = style == Style::kQueue ? i : sent;
        tokens.push_back(base::StrCat("good.", NameOf(style), number, padding));
      }
      raw.ResetCalls(tokens);
      // Later than the calls above: usherd answers in order.
      const grpc::Status status =
          Call(*stub, Bearer(base::StrCat("good.", sent, padding))).status;
      ASSERT_TRUE(status.ok()) << NameOf(style) << " after " << sent << ": "
                               << status.error_message();
    }
    EXPECT_GE(server.entries(), calls / 10) << NameOf(style);
    const size_t rss = RssKib();
    std::cout << "FIGURE " << NameOf(style) << ": " << calls
              << " calls reset; memory " << early_rss / 1024
              << " MiB after a third of them, " << rss / 1024
              << " MiB at the end\n";
    // The guard's budget is 2 MiB, what gRPC keeps is some KiB a connection.
    if (!kSanitized) {
      EXPECT_LT(rss, early_rss + 32 * 1024);
    }
  }
}

// gRPC gives the gate no sign of a call that its client reset: neither while
// usherd is asked, nor when it is asked no more. What bounds these questions is
// the share of their connection, and the answer.
TEST(GuardReset, TheQuestionOfAResetCallIsHeldUntilItsAnswer) {
  FakeUsherd usherd({.held = true});
  GuardOptions options = OptionsFor(usherd.address());
  options.max_pending_calls = 100;  // a connection alone may have half of them
  const auto guard = *Guard::Create(std::move(options));
  GuardedServer server(*guard, Style::kCallback);
  RawConnection raw(server.address());
  std::vector<std::string> tokens;
  for (int i = 0; i < 80; ++i) tokens.push_back(base::StrCat("good.a", i));
  raw.ResetCalls(tokens);
  while (usherd.waiting() < 50) std::this_thread::yield();
  // Time for a sign, if there were one: then the others had room.
  for (int i = 0; i < 10; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    raw.ResetCalls(tokens);
    EXPECT_EQ(usherd.waiting(), 50u);
  }
  // Another connection has its own share.
  const auto stub = server.NewStub();
  std::thread other(
      [&] { EXPECT_TRUE(Call(*stub, Bearer("good.other")).status.ok()); });
  while (usherd.waiting() < 51) std::this_thread::yield();
  usherd.Release();
  other.join();
  // The answers have given the room back.
  tokens.clear();
  for (int i = 0; i < 40; ++i) tokens.push_back(base::StrCat("good.b", i));
  const int before = usherd.requests();
  raw.ResetCalls(tokens);
  while (usherd.requests() < before + 40) std::this_thread::yield();
}

// In sync style gRPC gives a missing method a name of its own, for which this
// policy has no rule.
TEST(GuardReset, ACallToAMissingMethodLeavesNoAdmissionBehind) {
  FakeUsherd usherd;
  const std::string padding(1'000, 'x');
  for (const Style style : kStyles) {
    const auto guard = *Guard::Create(SmallGuard(usherd));
    GuardedServer server(*guard, style);
    const auto channel = server.NewChannel();
    const auto expected =
        ServesEveryPath(style) ? grpc::OK : grpc::UNIMPLEMENTED;
    for (int i = 0; i < 1'000; ++i) {
      const grpc::Status status =
          CallPath(channel, "/usher.testing.Echo/Gone",
                   base::StrCat("Bearer good.gone", NameOf(style), i, padding));
      ASSERT_EQ(status.error_code(), expected)
          << NameOf(style) << " after " << i << ": " << status.error_message();
    }
  }
}

}  // namespace
}  // namespace usher::testing
