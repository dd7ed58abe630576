#include "lib/http/proxy.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "lib/base/text/strings.h"
#include "lib/http/curl_url.h"

namespace usher::http {
namespace {

constexpr std::string_view kForm = "must be http://HOST:PORT";

}  // namespace

absl::StatusOr<Proxy> Proxy::Parse(std::string_view text) {
  const auto error = absl::InvalidArgumentError(base::Absl(kForm));
  if (!absl::StartsWithIgnoreCase(base::Absl(text), "http://")) return error;
  const CurlUrl parts(curl_url());
  if (curl_url_set(parts.get(), CURLUPART_URL, std::string(text).c_str(), 0) !=
      CURLUE_OK) {
    return error;
  }
  auto host = PartOf(parts, CURLUPART_HOST);
  auto port = PartOf(parts, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  auto path = PartOf(parts, CURLUPART_PATH);
  int number = 0;
  if (!host || host->empty() || !port || !absl::SimpleAtoi(*port, &number) ||
      number < 1 || number > 65535 || path != "/" ||
      PartOf(parts, CURLUPART_QUERY) || PartOf(parts, CURLUPART_FRAGMENT)) {
    return error;
  }
  absl::AsciiStrToLower(&*host);
  // Without a port libcurl would use 1080.
  curl_url_set(parts.get(), CURLUPART_PORT, port->c_str(), 0);
  return Proxy{*PartOf(parts, CURLUPART_URL), WithoutBrackets(*std::move(host)),
               static_cast<uint16_t>(number)};
}

std::string Proxy::Authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? base::StrCat("[", host, "]:", int{port})
            : base::StrCat(host, ":", int{port});
}

}  // namespace usher::http
