// What a token is for, and how required scopes are counted.
#pragma once

namespace usher {

// An access token opens a service (RFC 6749 section 1.4). An ID token says that
// someone signed in (OpenID Connect Core section 2) and opens nothing.
enum class TokenKind { kAccessToken, kIdToken };

// Whether a token needs every one of the scopes, or one of them.
enum class ScopeMatch { kAll, kAny };

}  // namespace usher
