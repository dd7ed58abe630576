// A certificate authority for the tests of the configuration.
#pragma once

#include "tests/support/certificate_authority.h"

namespace usher::config {

// One for all tests of the process.
const testing::CertificateAuthority& TheAuthority();

}  // namespace usher::config
