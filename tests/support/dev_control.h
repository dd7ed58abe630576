// Commands for a running usher-dev-issuer, over its own port:
//
//   POST /dev/mint        {"claims":{..},"remove":["exp"],"alg":"ES256",
//                          "kid":"key-1","typ":"JWT","header":{..},
//                          "remove_header":["kid"]}           -> a token
//   POST /dev/mint-opaque {"claims":{..},"remove":["exp"],"prefix":"at_"}
//                                                             -> a token
//   POST /dev/revoke      {"token":".."}                      -> {}
//   POST /dev/rotate      {"alg":"RS256","keep_old":true,"publish":true}
//                                                             -> {"kid":".."}
//   POST /dev/publish     publishes every key                 -> {}
//   POST /dev/remove-key  {"kid":".."}                        -> {}
//   POST /dev/fault       {"path":"/jwks", one or more of "status":500,
//                          "delay_ms":200, "hang":true, "garbage":true,
//                          "huge":true, "redirect":"https://..",
//                          "body":"..", "content_type":"text/html",
//                          or "clear":true}                   -> {}
//   GET  /dev/stats       ->
//   {"connections":2,"keys":[..],"requests":{"/jwks":3}}
//
// An empty body is an empty object. Invalid commands are answered with 400 and
// an explanation.
#pragma once

#include "lib/httpd/server.h"
#include "tests/support/http_issuer.h"

namespace usher::testing {

// Answers the paths above, 404 for others. Thread-safe.
httpd::Response Control(HttpIssuer& issuer, const httpd::Request& request);

}  // namespace usher::testing
