// Reads the authorization metadata of a call (RFC 6750 section 2.1). Pure.
#pragma once

#include <span>
#include <string_view>

#include "lib/base/result.h"

namespace usher::token {

// The limit of usherd too.
inline constexpr size_t kMaxTokenSize = 16 * 1024;

// The token of the one `authorization` value there must be: a view into it.
// The scheme is case-insensitive. No refusal quotes a value.
base::Result<std::string_view> ReadBearer(
    std::span<const std::string_view> values);

// The same token, unchecked, of a value that ReadBearer() may refuse; "" where
// there is none. For finding the decision that was made about it before.
std::string_view FindBearer(std::span<const std::string_view> values);

}  // namespace usher::token
