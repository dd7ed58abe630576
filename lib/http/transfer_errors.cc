// The error messages of Transfer.
#include <cstring>

#include "lib/base/strings.h"
#include "lib/http/transfer.h"

namespace usher::http {
namespace {

using base::Absl;
using base::StrCat;

struct PhaseEnd {
  CURLINFO reached;  // microseconds from the start; 0: not yet
  std::string_view phase;
};

constexpr PhaseEnd kPhases[] = {
    {CURLINFO_CONNECT_TIME_T, "connecting"},
    {CURLINFO_APPCONNECT_TIME_T, "agreeing on TLS"},
    {CURLINFO_STARTTRANSFER_TIME_T, "waiting for its answer"},
};

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

std::string_view Transfer::Phase() const {
  if (easy_ == nullptr) return "looking up its name";
  for (const auto& [reached, phase] : kPhases) {
    curl_off_t at = 0;
    curl_easy_getinfo(easy_.get(), reached, &at);
    if (at == 0) return phase;
  }
  return "receiving its answer";
}

absl::Status Transfer::ErrorOf(CURLcode code) const {
  const std::string detail(Shorten(
      curl_error_[0] != '\0' ? curl_error_.data() : curl_easy_strerror(code)));
  const auto unavailable = [](std::string text) {
    return absl::UnavailableError(Absl(text));
  };
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return absl::DeadlineExceededError(
          Absl(StrCat(url_.host(), ": timed out ", Phase())));
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
    default:
      return unavailable(StrCat(url_.host(), ": ", detail));
  }
}

}  // namespace usher::http
