// The token inspector's question and answer, as JSON.
//
// It is an oracle for whoever forges tokens, hence for operators only.
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
//      "stale_keys"; the claims are the asker's to read in the token
// 400: {"faults":[{"field":"audiences","description":...}]}: a wrong question
// Keeps nothing, logs nothing. Thread-safe.
httpd::Response Inspect(const verify::Verifier& verifier,
                        std::string_view body);

}  // namespace usher::status_page
