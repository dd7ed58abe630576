#include "client/guard/decide/token_form.h"

#include <gtest/gtest.h>

namespace usher::guard {
namespace {

TEST(HasJwtForm, HoldsForThreeBase64UrlParts) {
  EXPECT_TRUE(HasJwtForm("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.AZaz09-_"));
  EXPECT_TRUE(HasJwtForm("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."))
      << "usherd has a better reason than the form to refuse it";
}

TEST(HasJwtForm, DoesNotHoldForAnythingElse) {
  for (const char* token :
       {"", "opaque", "ab.cd", "ab.cd.ef.gh", "ab.cd.ef.", "ab.c+.ef",
        "ab.cd.e/", "ab.cd.ef==", "ab.cd.e~", "a.bc.de", "ab.c.de", "ab.cd.e",
        "abcde.fg.hi", "ab.cd ef.gh"}) {
    EXPECT_FALSE(HasJwtForm(token)) << token;
  }
}

}  // namespace
}  // namespace usher::guard
