// The key table: every key of the configuration.
#pragma once

#include <span>
#include <vector>

#include "lib/config/config.h"
#include "lib/config/key.h"

namespace usher::config {

// The keys at the top of the file (and, through them, all others).
std::span<const Key<Config>> ServiceKeys();
// The keys of an element of `issuers`.
std::span<const Key<issuer::Config>> IssuerKeys();

// Every key, in the table's order, with its default: that of the struct it
// fills.
std::vector<Entry> Entries();

}  // namespace usher::config
