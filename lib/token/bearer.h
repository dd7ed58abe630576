// Reads the token from the metadata of a call. Pure.
//
//   authorization: Bearer TOKEN      RFC 6750 section 2.1
//   any other name: TOKEN, or Bearer TOKEN      what a proxy in front adds
#pragma once

#include <span>
#include <string_view>

#include "lib/base/result.h"

namespace usher::token {

// The limit of usherd too.
inline constexpr size_t kMaxTokenSize = 16 * 1024;

inline constexpr std::string_view kAuthorization = "authorization";

// The token of the one value there must be of `header`: a view into it. The
// scheme is case-insensitive. No refusal quotes a value.
base::Result<std::string_view> ReadBearer(
    std::span<const std::string_view> values,
    std::string_view header = kAuthorization);

// The same token, unchecked, of a value that ReadBearer() may refuse; "" where
// there is none. For finding the decision that was made about it before.
std::string_view FindBearer(std::span<const std::string_view> values,
                            std::string_view header = kAuthorization);

}  // namespace usher::token
