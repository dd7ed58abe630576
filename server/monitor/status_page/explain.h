// The request and the answer of the token inspector, as JSON.
//
// It is an oracle for forgers of tokens, so only operators can use it.
//
// Not protobuf's JSON functions: their errors quote the input, which can be
// part of a token, and name no field; they accept duplicate members; and the
// answer has the meaning and the advice of a Reason, which are not on the wire.
#pragma once

#include <string_view>

#include "lib/httpd/server.h"
#include "lib/verify/verifier.h"

namespace usher::status_page {

// `body` is {"token":"eyJ...","audiences":[],"scopes":[],"kind":"access_token"
// or "id_token","issuer":"https://..."}; all but the token may be left out.
//
// 200:
// {"verdict":"denied","reason":"TOKEN_EXPIRED","message":...,"meaning":...,
//       "advice":...,"checks":[{"name":"form","outcome":"passed",...}]},
//      and of a verified token "issuer_name", "key_id", "algorithm",
//      "stale_keys"; the page decodes the claims from the token
// 400: {"faults":[{"field":"audiences","description":...}]}: a wrong request
// Stores nothing, logs nothing. Thread-safe.
httpd::Response Inspect(const verify::Verifier& verifier,
                        std::string_view body);

}  // namespace usher::status_page
