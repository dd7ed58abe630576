// The form of a JWT.
#pragma once

#include <string_view>

namespace usher::guard {

// Whether `token` is three base64url parts with dots between them, as usherd
// requires it of every JWT. Says nothing about what the parts mean. Pure.
bool HasJwtForm(std::string_view token);

}  // namespace usher::guard
