// The error messages of Transfer.
#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/time/time.h"
#include "lib/base/text/strings.h"
#include "lib/http/transfer.h"

namespace usher::http {
namespace {

using base::Absl;
using base::StrCat;

// libcurl's message without the part that our message already has.
std::string_view Shorten(std::string_view text) {
  constexpr std::string_view kPrefix = "SSL certificate problem: ";
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  while (!text.empty() && (text.back() == '\n' || text.back() == '.')) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

std::string_view Transfer::LongestPhase() const {
  using std::chrono::microseconds;
  struct Phase {
    std::string_view name;
    microseconds took;
  };
  std::vector<Phase> phases;
  const auto now = Clock::now();
  const auto add = [&](std::string_view name, auto from, auto to) {
    phases.push_back(
        {name, std::chrono::duration_cast<microseconds>(to - from)});
  };
  add("waiting for its turn", created_at_, started_at_.value_or(now));
  if (started_at_) {
    add("looking up its name", *started_at_, began_at_.value_or(now));
  }
  if (easy_ != nullptr) {
    // Since the beginning; 0: not yet. libcurl counts from the last beginning.
    const auto before = std::chrono::duration_cast<microseconds>(
        began_again_at_.value_or(*began_at_) - *began_at_);
    const auto reached = [&](CURLINFO info) {
      curl_off_t at = 0;
      curl_easy_getinfo(easy_.get(), info, &at);
      return at == 0 ? microseconds::zero() : before + microseconds(at);
    };
    const auto zero = microseconds::zero();
    const auto end = std::chrono::duration_cast<microseconds>(now - *began_at_);
    const auto sending = reached(CURLINFO_PRETRANSFER_TIME_T);
    auto connected = reached(CURLINFO_CONNECT_TIME_T);
    if (handshake_->began) {
      connected = std::chrono::duration_cast<microseconds>(*handshake_->began -
                                                           *began_at_);
    }
    auto secured = reached(CURLINFO_APPCONNECT_TIME_T);
    // A reused connection was there from the beginning.
    if (url_.is_plain()) secured = connected;
    const bool reused = sending > zero && secured == zero;
    if (!reused && connected == zero) connected = end;
    if (!reused && secured == zero) secured = end;
    const auto answered = reached(CURLINFO_STARTTRANSFER_TIME_T);
    const auto waited_until = answered > zero ? answered : end;
    add("connecting", zero, connected);
    add("agreeing on TLS", connected, secured);
    add("waiting for its answer", secured, waited_until);
    add("receiving its answer", waited_until, end);
  }
  return std::max_element(
             phases.begin(), phases.end(),
             [](const Phase& a, const Phase& b) { return a.took < b.took; })
      ->name;
}

bool Transfer::IsConnecting() const { return easy_ != nullptr && !peer(); }

std::optional<IpAddress> Transfer::peer() const {
  const char* text = nullptr;
  if (easy_ == nullptr) return std::nullopt;
  curl_easy_getinfo(easy_.get(), CURLINFO_PRIMARY_IP, &text);
  return text == nullptr ? std::nullopt : IpAddress::Parse(text);
}

absl::Status Transfer::ErrorOf(CURLcode code) const {
  const std::string detail(Shorten(
      curl_error_[0] != '\0' ? curl_error_.data() : curl_easy_strerror(code)));
  const auto unavailable = [](std::string text) {
    return absl::UnavailableError(Absl(text));
  };
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return absl::DeadlineExceededError(Absl(
          StrCat(url_.host(), ": timed out after ",
                 absl::FormatDuration(request_.timeout), " ", LongestPhase())));
    case CURLE_FILESIZE_EXCEEDED:
      return absl::ResourceExhaustedError(
          Absl(StrCat(url_.host(), " answered with more than ",
                      request_.max_body, " bytes")));
    case CURLE_PEER_FAILED_VERIFICATION:
      return unavailable(StrCat("certificate of ", url_.host(), ": ", detail));
    case CURLE_SSL_CACERT_BADFILE:
      return unavailable(StrCat("the CA certificates for ", url_.host(),
                                " cannot be used: ", detail));
    case CURLE_COULDNT_CONNECT: {
      long number = 0;
      curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &number);
      return unavailable(StrCat(
          "cannot connect to ",
          proxy_ ? StrCat("the proxy ", proxy_->Authority()) : url_.authority(),
          ": ",
          number == 0 ? detail : std::strerror(static_cast<int>(number))));
    }
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
      // It wanted to know who is there, and hung up.
      if (handshake_->certificate_requested) {
        return unavailable(StrCat(
            url_.host(),
            request_.credentials.certificate
                ? " refused the client certificate (keys.client_certificate): "
                : " wants a client certificate: set keys.client_certificate "
                  "and keys.client_key. It ended the connection: ",
            detail));
      }
      return unavailable(StrCat(url_.host(), ": ", detail));
    default:
      return unavailable(StrCat(url_.host(), ": ", detail));
  }
}

}  // namespace usher::http
