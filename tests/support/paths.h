// Where the tests find files and programs.
#pragma once

namespace usher::testing {

extern const char* const kSourceDir;   // the checkout
extern const char* const kProgramDir;  // usherd, usher, the examples

}  // namespace usher::testing
