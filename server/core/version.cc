#include "server/core/version.h"

namespace usher::server {

const char* const kVersion = USHER_VERSION;

}  // namespace usher::server
