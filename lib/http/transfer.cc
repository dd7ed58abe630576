#include "lib/http/transfer.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "lib/base/text/strings.h"
#include "lib/http/address_policy.h"
#include "lib/http/url_rule.h"

namespace usher::http {
namespace {

using base::Absl;
using base::StrCat;

constexpr size_t kMaxHeaders = 64;
constexpr size_t kMaxHeaderBytes = 16 * 1024;
constexpr std::string_view kAdvice =
    ": set insecure_allow_private_addresses to allow it";

// A line break in a header would begin another header or request.
bool IsOneLine(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) ==
         std::string_view::npos;
}

// What a server wrote, for a message.
std::string Printable(std::string_view text) {
  constexpr size_t kLongest = 40;
  std::string shown;
  for (char c : text.substr(0, kLongest)) {
    shown += absl::ascii_isprint(static_cast<unsigned char>(c)) ? c : '?';
  }
  return shown;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Transfer>> Transfer::Create(Request request) {
  auto url = AllowedUrl(request.url, request.options);
  if (!url.ok()) {
    return absl::InvalidArgumentError(
        Absl(StrCat("the address ", base::Std(url.status().message()))));
  }
  std::optional<Proxy> proxy;
  if (request.options.proxy) {
    auto parsed = Proxy::Parse(*request.options.proxy);
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(
          Absl(StrCat("the proxy ", base::Std(parsed.status().message()))));
    }
    proxy = *std::move(parsed);
  }
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || !IsOneLine(name) || !IsOneLine(value)) {
      return absl::InvalidArgumentError("a request header has a line break");
    }
  }
  const auto& authorization = request.credentials.authorization;
  if (authorization && !IsOneLine(authorization->Reveal())) {
    return absl::InvalidArgumentError("the credentials have a line break");
  }
  return std::unique_ptr<Transfer>(
      new Transfer(std::move(request), *std::move(url), std::move(proxy)));
}

Transfer::~Transfer() {
  easy_.reset();  // it points into the request
  if (request_.body) Wipe(*request_.body);
}

void Transfer::FreeList::operator()(curl_slist* list) const {
  for (curl_slist* line = list; line != nullptr; line = line->next) {
    OPENSSL_cleanse(line->data, std::strlen(line->data));
  }
  curl_slist_free_all(list);
}

std::optional<std::string> Transfer::WhyRefused(
    const IpAddress& address) const {
  const FetchOptions& options = request_.options;
  if (url_.is_plain() && !options.insecure_allow_http) {
    // AllowedUrl() has seen that the host is named as this machine.
    if (address.IsLoopback()) return std::nullopt;
    return StrCat("no loopback address, and only there may plain HTTP be used");
  }
  if (options.insecure_allow_private_addresses) return std::nullopt;
  if (const auto why = WhyNotPublic(address)) return StrCat(*why, kAdvice);
  return std::nullopt;
}

absl::StatusOr<std::vector<IpAddress>> Transfer::AllowedOf(
    const std::vector<IpAddress>& resolved) const {
  if (proxy_) return resolved;
  std::vector<IpAddress> allowed;
  std::string refused;
  for (const IpAddress& address : resolved) {
    const auto why = WhyRefused(address);
    if (!why) {
      allowed.push_back(address);
    } else if (refused.empty()) {
      refused = StrCat(address.Text(), ", ", *why);
    }
  }
  if (!allowed.empty()) return allowed;
  return absl::PermissionDeniedError(
      Absl(StrCat(url_.host(), " resolves to ", refused)));
}

absl::Status Transfer::CheckLiteralAddress() const {
  const auto address = IpAddress::Parse(url_.host());
  if (!address) return absl::OkStatus();
  const auto why = WhyRefused(*address);
  if (!why) return absl::OkStatus();
  return absl::PermissionDeniedError(Absl(StrCat(url_.host(), " is ", *why)));
}

absl::Status Transfer::Begin(const std::vector<IpAddress>& addresses,
                             CURLSH* pool) {
  easy_.reset(curl_easy_init());
  if (easy_ == nullptr || pool == nullptr) {
    return absl::UnavailableError("out of memory");
  }
  curl_easy_setopt(easy_.get(), CURLOPT_SHARE, pool);
  began_at_ = Clock::now();
  addresses_ = addresses.size();
  SetTarget(addresses);
  SetTls();
  SetLimits();
  SetRequest();
  return absl::OkStatus();
}

void Transfer::BeginAgain(const std::vector<IpAddress>& addresses) {
  began_again_at_ = Clock::now();
  curl_error_.fill('\0');
  SetTarget(addresses);
  SetConnectTime();
}

void Transfer::SetTarget(const std::vector<IpAddress>& addresses) {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, url_.text().c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                   url_.is_plain() ? "http" : "https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  // "" means no proxy and no exceptions; if unset, libcurl reads the
  // environment.
  curl_easy_setopt(easy, CURLOPT_PROXY, proxy_ ? proxy_->text.c_str() : "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

  if (IpAddress::Parse(host_to_resolve())) return;
  std::string pin = proxy_ ? StrCat(proxy_->host, ":", int{proxy_->port}, ":")
                           : StrCat(url_.host(), ":", int{url_.port()}, ":");
  for (const IpAddress& address : addresses) {
    if (pin.back() != ':') pin += ',';
    pin += address.is_v6() ? StrCat("[", address.Text(), "]") : address.Text();
  }
  pins_.reset(curl_slist_append(nullptr, pin.c_str()));
  curl_easy_setopt(easy, CURLOPT_RESOLVE, pins_.get());
}

void Transfer::SetTls() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  const auto pem_blob = [](std::string_view pem) {
    return curl_blob{const_cast<char*>(pem.data()), pem.size(),
                     CURL_BLOB_NOCOPY};
  };
  if (request_.options.ca_pem) {
    curl_blob blob = pem_blob(*request_.options.ca_pem);
    curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
  }
  if (const auto& client = request_.credentials.certificate) {
    curl_blob certificate = pem_blob(client->certificates());
    curl_blob key = pem_blob(client->private_key().Reveal());
    curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
    curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &certificate);
    curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
    curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &key);
  }
  WatchHandshake(easy, handshake_);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &OnConnected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
}

// The loop enforces the deadline, because it includes the queue and the name
// servers. Without a time of its own, libcurl would have its default.
void Transfer::SetConnectTime() {
  const absl::Duration left =
      request_.timeout - absl::FromChrono(Clock::now() - created_at_);
  curl_easy_setopt(easy_.get(), CURLOPT_CONNECTTIMEOUT_MS,
                   std::clamp<int64_t>(absl::ToInt64Milliseconds(left), 1,
                                       std::numeric_limits<long>::max()));
}

void Transfer::SetLimits() {
  CURL* easy = easy_.get();
  SetConnectTime();
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
                   static_cast<curl_off_t>(std::max<size_t>(
                       request_.max_body, 1)));  // 0 would mean no limit
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  // A connection must not outlive the DNS entry or the certificate for long.
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, 60L);
  curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, 300L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl_error_.data());
}

void Transfer::SetRequest() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "usher/" USHER_VERSION);
  // Without it, any coding would be acceptable (RFC 9110 section 12.5.3).
  curl_slist* list = curl_slist_append(nullptr, "Accept-Encoding: identity");
  if (const auto& authorization = request_.credentials.authorization) {
    const Secret line(StrCat("Authorization: ", authorization->Reveal()));
    list = curl_slist_append(list, line.Reveal().data());
  }
  if (request_.body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body->size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body->data());
    list = curl_slist_append(list, "Expect:");
  }
  for (const auto& [name, value] : request_.headers) {
    // "Name;" is libcurl's way to send a header without a value.
    const std::string line =
        value.empty() ? StrCat(name, ";") : StrCat(name, ": ", value);
    list = curl_slist_append(list, line.c_str());
  }
  headers_.reset(list);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
}

size_t Transfer::AddHeader(std::string_view line) {
  header_bytes_ += line.size();
  // A status line: of the final or an interim response (RFC 9110 section 15.2).
  if (line.starts_with("HTTP/")) {
    response_.headers.clear();
  } else if (const size_t colon = line.find(':');
             colon != std::string_view::npos) {
    response_.headers.emplace_back(
        absl::AsciiStrToLower(Absl(line.substr(0, colon))),
        absl::StripAsciiWhitespace(Absl(line.substr(colon + 1))));
  }
  if (header_bytes_ > kMaxHeaderBytes ||
      response_.headers.size() > kMaxHeaders) {
    callback_error_ = absl::ResourceExhaustedError(
        Absl(StrCat(url_.host(), " answered with more than ", kMaxHeaders,
                    " headers or ", kMaxHeaderBytes, " bytes of them")));
    return 0;
  }
  return line.size();
}

size_t Transfer::AddBody(std::string_view bytes) {
  if (bytes.size() > request_.max_body - response_.body.size()) {
    callback_error_ = absl::ResourceExhaustedError(
        Absl(StrCat(url_.host(), " answered with more than ", request_.max_body,
                    " bytes")));
    return 0;
  }
  response_.body += bytes;
  return bytes.size();
}

size_t Transfer::OnHeader(char* data, size_t size, size_t count, void* self) {
  return static_cast<Transfer*>(self)->AddHeader({data, size * count});
}

size_t Transfer::OnBody(char* data, size_t size, size_t count, void* self) {
  return static_cast<Transfer*>(self)->AddBody({data, size * count});
}

// The last check before anything is sent, on new and reused connections alike:
// this is the address at the other end.
int Transfer::OnConnected(void* self, char* remote, char* /*local*/,
                          int /*remote_port*/, int /*local_port*/) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.proxy_) return CURL_PREREQFUNC_OK;
  const auto address = IpAddress::Parse(remote);
  auto allowed = address ? transfer.AllowedOf({*address})
                         : absl::PermissionDeniedError("no IP address");
  if (allowed.ok()) return CURL_PREREQFUNC_OK;
  transfer.callback_error_ = std::move(allowed).status();
  return CURL_PREREQFUNC_ABORT;
}

absl::StatusOr<Response> Transfer::Result(CURLcode code) {
  if (!callback_error_.ok()) return std::move(callback_error_);
  if (code != CURLE_OK) return ErrorOf(code);
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  const auto coding = response_.Header("content-encoding");
  if (coding && !coding->empty() &&
      !base::EqualsIgnoreCase(*coding, "identity")) {
    return absl::UnavailableError(
        Absl(StrCat(url_.host(), " answered in the content coding ",
                    Printable(*coding), ", although it was asked for none")));
  }
  response_.status = static_cast<int>(status);
  response_.wanted_certificate = handshake_->certificate_requested;
  return std::move(response_);
}

}  // namespace usher::http
