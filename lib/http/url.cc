#include "lib/http/url.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "lib/base/net/ip_address.h"
#include "lib/base/strings.h"
#include "lib/http/curl_url.h"

namespace usher::http {
namespace {

using base::Absl;

constexpr std::string_view kScheme = "https://";

absl::Status Error(std::string_view text) {
  return absl::InvalidArgumentError(Absl(text));
}

bool IsPrintable(char c) { return c > 0x20 && c < 0x7f; }
bool IsHostOrPort(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
         c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
}

// libcurl tolerates much (a missing slash, percent-encoded hosts, zones). This
// refuses what libcurl would tolerate.
absl::Status CheckForm(std::string_view text) {
  if (text.size() > Url::kMaxSize) {
    return Error(base::StrCat("is longer than ", Url::kMaxSize, " characters"));
  }
  if (!std::all_of(text.begin(), text.end(), IsPrintable)) {
    return Error("holds a space or a character that is not ASCII");
  }
  if (!absl::StartsWithIgnoreCase(Absl(text), Absl(kScheme))) {
    return Error("must begin with https://");
  }
  if (text.find('#') != std::string_view::npos) {
    return Error("must not have a fragment (#)");
  }
  const std::string_view rest = text.substr(kScheme.size());
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.find('@') != std::string_view::npos) {
    return Error("must not name a user (@)");
  }
  if (!std::all_of(authority.begin(), authority.end(), IsHostOrPort)) {
    return Error("has a host with a character that does not belong there");
  }
  if (authority.empty() || authority.front() == ':') {
    return Error("has no host");
  }
  if (authority.back() == ':') return Error("has a colon without a port");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Url> Url::Parse(std::string_view text) {
  if (absl::Status form = CheckForm(text); !form.ok()) return form;
  const CurlUrl parts(curl_url());
  const CURLUcode code =
      curl_url_set(parts.get(), CURLUPART_URL, std::string(text).c_str(),
                   CURLU_PATH_AS_IS | CURLU_DISALLOW_USER);
  if (code != CURLUE_OK) {
    return Error(base::StrCat("is not an address: ", curl_url_strerror(code)));
  }
  auto host = PartOf(parts, CURLUPART_HOST);
  auto path = PartOf(parts, CURLUPART_PATH);
  auto port = PartOf(parts, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  int number = 0;
  if (!host || !path || !port || !absl::SimpleAtoi(*port, &number)) {
    return Error("is not an address");
  }
  if (number < 1 || number > 65535) return Error("has no usable port");
  absl::AsciiStrToLower(&*host);
  if (host->back() == '.') return Error("has a host that ends in a dot");
  curl_url_set(parts.get(), CURLUPART_HOST, host->c_str(), 0);
  auto whole = PartOf(parts, CURLUPART_URL);
  if (!whole) return Error("is not an address");

  Url url;
  url.text_ = *std::move(whole);
  url.authority_ = base::StrCat(*host, ":", number);
  url.host_ = WithoutBrackets(*std::move(host));
  if (url.host_.find(':') != std::string::npos &&
      !base::IpAddress::Parse(url.host_).has_value()) {
    return Error("has a host in brackets that is no IPv6 address");
  }
  url.path_ = *std::move(path);
  url.port_ = static_cast<uint16_t>(number);
  return url;
}

}  // namespace usher::http
