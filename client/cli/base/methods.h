// The methods of a server.
#pragma once

#include <functional>
#include <set>
#include <string>

namespace usher::cli {

// "shop.v1.Orders/Delete", in order.
using Methods = std::set<std::string, std::less<>>;

}  // namespace usher::cli
