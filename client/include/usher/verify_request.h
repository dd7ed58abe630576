// What can be asked about a token.
//
// Limits, the same as those of the wire (usher/v1/token_service.proto). Beyond
// one of them the result is Undecided (kBadRequest), except for a token that is
// too long, which is denied (TOKEN_TOO_LARGE):
//
//   token       16 KiB
//   audiences   32, each 1 byte to 1 KiB
//   scopes      64, each 1 to 256 bytes
//   issuer      2 KiB
//   a batch     256 requests and 4 MiB (usher/client.h)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "usher/token_kind.h"

namespace usher {

// Headers of the request on whose behalf the token is verified, so that it can
// be followed through several services: usherd writes them to its audit log. A
// header that is not well-formed is ignored (traceparent: W3C Trace Context;
// request_id: 1 to 64 letters, digits and -._:).
struct TraceHeaders {
  std::string_view traceparent = {};
  std::string_view request_id = {};  // x-request-id
};

// A request can narrow what the verifier's configuration allows. It can never
// widen it. The views must stay valid until Verify() returns, no longer.
struct VerifyRequest {
  // The token itself, without "Bearer ".
  std::string_view token = {};

  // The token must be meant for one of these. May be empty only if the
  // configuration leaves exactly one audience to choose.
  std::vector<std::string> audiences = {};

  // Scopes that the token must have: all of them, or any.
  std::vector<std::string> scopes = {};
  ScopeMatch scope_match = ScopeMatch::kAll;

  TokenKind kind = TokenKind::kAccessToken;

  // Accepts only tokens of this issuer (compared with iss byte for byte).
  std::optional<std::string> issuer = {};

  // Asks the token's issuer whether the token is active, even if it is a JWT;
  // opaque tokens always need that. Undecided if the verifier's configuration
  // has no introspection for the issuer.
  bool check_at_issuer = false;

  // For a request that has less time than the verifier's own deadline
  // (ClientOptions::deadline).
  std::optional<absl::Time> deadline = {};

  TraceHeaders trace = {};
};

struct IntrospectRequest {
  // As in VerifyRequest.
  std::string_view token = {};
  std::vector<std::string> audiences = {};
  std::optional<std::string> issuer = {};
  bool check_at_issuer = false;
  std::optional<absl::Time> deadline = {};
};

}  // namespace usher
