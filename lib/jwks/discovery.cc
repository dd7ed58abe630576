#include "lib/jwks/discovery.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "lib/base/text/strings.h"
#include "lib/base/text/utf8.h"
#include "lib/http/url_rule.h"
#include "lib/json/json.h"
#include "lib/jwks/issuer_template.h"

namespace usher::jwks {
namespace {

absl::Status Error(std::string_view text) {
  return absl::FailedPreconditionError(base::Absl(text));
}

// What a provider wrote, for the operator: short and printable.
std::string Quoted(std::string_view text) {
  constexpr size_t kLongest = 120;
  std::string shown = "\"";
  for (char c : text.substr(0, kLongest)) {
    shown += absl::ascii_isprint(c) ? c : '?';
  }
  return shown + (text.size() > kLongest ? "...\"" : "\"");
}

}  // namespace

std::vector<std::string> MetadataUrls(std::string_view issuer) {
  const size_t slash = issuer.find('/', issuer.find("://") + 3);
  const std::string_view origin = issuer.substr(0, slash);
  std::string_view path = issuer.substr(origin.size());
  // Both documents remove one slash at the end before they append or insert.
  if (!path.empty() && path.back() == '/') path.remove_suffix(1);
  constexpr std::string_view kOpenId = "/.well-known/openid-configuration";
  constexpr std::string_view kOAuth = "/.well-known/oauth-authorization-server";
  std::vector<std::string> urls = {base::StrCat(origin, path, kOpenId),
                                   base::StrCat(origin, kOAuth, path)};
  if (!path.empty()) {
    urls.push_back(base::StrCat(origin, kOpenId, path));
    urls.push_back(base::StrCat(origin, path, kOAuth));
  }
  return urls;
}

std::string WhyNotTwoHundred(const http::Response& response) {
  std::string text = base::StrCat("answered ", response.status);
  const auto target = response.Header("location");
  if (response.status >= 300 && response.status < 400 && target) {
    text += base::StrCat(", a redirect to ", Quoted(*target));
  }
  return base::StrCat(text, ", not 200");
}

std::optional<std::string> WhyNotHere(const http::Response& response) {
  constexpr int kNotNow[] = {408, 425, 429};
  const int status = response.status;
  if (status == 200) {
    json::Reader reader;
    const std::optional<json::Value> root =
        reader.Parse(base::WithoutByteOrderMark(response.body));
    if (!root) {
      return base::StrCat("answered 200, but not in acceptable JSON: ",
                          reader.error());
    }
    if (!root->IsObject()) return "answered 200, but not with a JSON object";
    if (root->Find("issuer")) return std::nullopt;
    return "answered 200, but without a member \"issuer\"";
  }
  const bool moved = status >= 300 && status < 400;
  const bool absent = status >= 400 && status < 500 &&
                      std::find(std::begin(kNotNow), std::end(kNotNow),
                                status) == std::end(kNotNow);
  if (!moved && !absent) return std::nullopt;
  return WhyNotTwoHundred(response);
}

absl::StatusOr<std::string> JwksUriIn(std::string_view metadata,
                                      std::string_view issuer,
                                      const http::FetchOptions& fetch) {
  return UrlIn(metadata, issuer, "jwks_uri", fetch);
}

absl::StatusOr<std::string> UrlIn(std::string_view metadata,
                                  std::string_view issuer,
                                  std::string_view member,
                                  const http::FetchOptions& fetch) {
  json::Reader reader;
  const std::optional<json::Value> root =
      reader.Parse(base::WithoutByteOrderMark(metadata));
  if (!root.has_value()) {
    return Error(base::StrCat("the issuer's metadata is not acceptable JSON: ",
                              reader.error()));
  }
  const auto text_of = [&](std::string_view name) {
    const auto found = root->Find(name);
    return found.has_value() ? found->String() : std::nullopt;
  };
  const std::optional<std::string_view> named = text_of("issuer");
  if (!named.has_value()) {
    return Error("the issuer's metadata has no member \"issuer\"");
  }
  if (!MeansIssuer(*named, issuer)) {
    return Error(base::StrCat("the metadata names the issuer ", Quoted(*named),
                              ", but ", Quoted(issuer),
                              " is configured: they must be equal, byte for "
                              "byte"));
  }
  const std::optional<std::string_view> uri = text_of(member);
  if (!uri.has_value()) {
    return Error(
        base::StrCat("the issuer's metadata has no member \"", member, "\""));
  }
  const absl::StatusOr<http::Url> url = http::AllowedUrl(*uri, fetch);
  if (!url.ok()) {
    return Error(base::StrCat("the metadata's ", member, " ", Quoted(*uri), " ",
                              base::Std(url.status().message())));
  }
  return std::string(*uri);
}

}  // namespace usher::jwks
