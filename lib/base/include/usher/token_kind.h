// What a token is for, and how required scopes are matched.
#pragma once

namespace usher {

// An access token gives access to a service (RFC 6749 section 1.4). An ID token
// says that a user has signed in (OpenID Connect Core section 2) and gives
// access to nothing.
enum class TokenKind { kAccessToken, kIdToken };

// Whether a token needs every one of the scopes, or one of them.
enum class ScopeMatch { kAll, kAny };

}  // namespace usher
