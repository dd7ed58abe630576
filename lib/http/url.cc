#include "lib/http/url.h"

#include <locale.h>

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "lib/base/net/ip_address.h"
#include "lib/base/result.h"
#include "lib/base/text/strings.h"
#include "lib/http/curl_url.h"

namespace usher::http {
namespace {

using base::Absl;

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kHttp = "http://";

absl::Status Error(std::string_view text) {
  return absl::InvalidArgumentError(Absl(text));
}

bool IsPrintable(char c) { return c > 0x20 && c < 0x7f; }
bool IsHostOrPort(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
         c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
}

bool IsPlain(std::string_view text) {
  return absl::StartsWithIgnoreCase(Absl(text), Absl(kHttp));
}

// Whether every international label of `name` became one in `ascii`. Otherwise
// it was mapped to another plain name: a character was dropped or replaced.
bool SameLabels(std::string_view name, std::string_view ascii) {
  while (true) {
    const std::string_view label = name.substr(0, name.find('.'));
    const std::string_view other = ascii.substr(0, ascii.find('.'));
    const bool international =
        !std::all_of(label.begin(), label.end(), absl::ascii_isascii);
    if (international && !other.starts_with("xn--")) return false;
    const bool last = label.size() == name.size();
    if (last != (other.size() == ascii.size())) return false;
    if (last) return true;
    name.remove_prefix(label.size() + 1);
    ascii.remove_prefix(other.size() + 1);
  }
}

// The URL with its host in ASCII, if the host is international. libidn2 inside
// libcurl reads the host in the locale of the thread.
absl::StatusOr<std::string> WithAsciiHost(std::string_view text) {
  const size_t begin = text.find("://");
  const size_t host = begin == std::string_view::npos ? 0 : begin + 3;
  const size_t end = std::min(text.find_first_of("/?#", host), text.size());
  const std::string_view authority = text.substr(host, end - host);
  if (std::all_of(authority.begin(), authority.end(), absl::ascii_isascii)) {
    return std::string(text);
  }
  const CurlUrl parts(curl_url());
  const std::string url = base::StrCat(kHttps, authority, "/");
  std::optional<std::string> ascii;
  if (const locale_t utf8 =
          newlocale(LC_CTYPE_MASK, "C.UTF-8", static_cast<locale_t>(nullptr))) {
    const locale_t before = uselocale(utf8);
    if (curl_url_set(parts.get(), CURLUPART_URL, url.c_str(),
                     CURLU_DISALLOW_USER) == CURLUE_OK) {
      ascii = PartOf(parts, CURLUPART_HOST, CURLU_PUNYCODE);
    }
    uselocale(before);
    freelocale(utf8);
  }
  const std::string_view name = authority.substr(0, authority.find(':'));
  if (!ascii || !std::all_of(ascii->begin(), ascii->end(), IsHostOrPort) ||
      !SameLabels(name, *ascii)) {
    return Error("has a host that is not a valid international name");
  }
  const auto port = PartOf(parts, CURLUPART_PORT);
  return base::StrCat(text.substr(0, host), *ascii,
                      port ? base::StrCat(":", *port) : "", text.substr(end));
}

// libcurl tolerates much (a missing slash, percent-encoded hosts, zones). This
// refuses what libcurl would tolerate.
absl::Status CheckForm(std::string_view text, Schemes schemes) {
  if (text.size() > Url::kMaxSize) {
    return Error(base::StrCat("is longer than ", Url::kMaxSize, " characters"));
  }
  if (!std::all_of(text.begin(), text.end(), IsPrintable)) {
    return Error("holds a space or a character that is not ASCII");
  }
  const bool plain = IsPlain(text);
  if ((plain && schemes == Schemes::kHttps) ||
      (!plain && !absl::StartsWithIgnoreCase(Absl(text), Absl(kHttps)))) {
    return Error("must begin with https://");
  }
  if (text.find('#') != std::string_view::npos) {
    return Error("must not have a fragment (#)");
  }
  const std::string_view rest = text.substr((plain ? kHttp : kHttps).size());
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

absl::StatusOr<Url> Url::Parse(std::string_view given, Schemes schemes) {
  USHER_TRY(const std::string text, WithAsciiHost(given));
  if (absl::Status form = CheckForm(text, schemes); !form.ok()) return form;
  const CurlUrl parts(curl_url());
  const CURLUcode code = curl_url_set(parts.get(), CURLUPART_URL, text.c_str(),
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
  url.is_plain_ = IsPlain(text);
  return url;
}

}  // namespace usher::http
