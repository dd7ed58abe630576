// An https or http URL (RFC 3986), parsed once and strictly.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace usher::http {

enum class Schemes { kHttps, kHttpToo };

// Immutable. The parts of the URL that a transfer needs, and the proof that
// Usher accepts the URL.
class Url {
 public:
  static constexpr size_t kMaxSize = 2048;

  // Accepts only "https://HOST[:PORT][PATH][?QUERY]" in printable ASCII, and
  // http:// if `schemes` allows it. Fails, with a message that can follow the
  // name of a setting, for another scheme, user information, a fragment, an
  // empty or percent-encoded host, an IPv6 zone, a host that ends in a dot,
  // port 0, more than kMaxSize characters. An international host name may be in
  // UTF-8; all parts then have its ASCII form (xn--..., RFC 5891).
  static absl::StatusOr<Url> Parse(std::string_view text,
                                   Schemes schemes = Schemes::kHttps);

  // The URL: the scheme and host in lower case, an IPv4 host in dotted form,
  // the port only if it was given; path and query unchanged.
  const std::string& text() const { return text_; }
  // "login.example.com", "192.0.2.1", "2001:db8::1" (no brackets).
  const std::string& host() const { return host_; }
  uint16_t port() const { return port_; }      // the scheme's unless given
  bool is_plain() const { return is_plain_; }  // http, without TLS
  // "login.example.com:443", "[2001:db8::1]:8443".
  const std::string& authority() const { return authority_; }
  // At least "/".
  const std::string& path() const { return path_; }

  bool operator==(const Url&) const = default;

 private:
  Url() = default;

  std::string text_;
  std::string host_;
  std::string authority_;
  std::string path_;
  uint16_t port_ = 443;
  bool is_plain_ = false;
};

}  // namespace usher::http
