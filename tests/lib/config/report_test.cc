#include "lib/config/report.h"

#include <gtest/gtest.h>

#include "lib/base/text/strings.h"

namespace usher::config {
namespace {

TEST(Report, ShowsEveryErrorAndTheirNumber) {
  EXPECT_EQ(FormatReport({.errors = {"lisen: unknown key (line 1)"}}, "a.yaml"),
            "error    lisen: unknown key (line 1)\n"
            "a.yaml: 1 error\n");
  EXPECT_EQ(FormatReport({.errors = {"x", "y"}}, "a.yaml"),
            "error    x\nerror    y\na.yaml: 2 errors\n");
}

TEST(Report, ShowsWarningsAndTheNumberOfIssuers) {
  Loaded loaded;
  loaded.config.emplace().issuers.resize(1);
  EXPECT_EQ(FormatReport(loaded, "a.yaml"), "a.yaml: OK, 1 issuer\n");
  loaded.warnings = {"insecure_x: on"};
  loaded.config->issuers.resize(2);
  EXPECT_EQ(FormatReport(loaded, "a.yaml"),
            "warning  insecure_x: on\na.yaml: OK, 2 issuers\n");
}

TEST(Report, ShowsNotes) {
  Loaded loaded;
  loaded.config.emplace();
  loaded.notes = {"of corp, ..."};
  EXPECT_EQ(FormatReport(loaded, "a.yaml"),
            "note     of corp, ...\na.yaml: OK, 0 issuers\n");
}

TEST(Report, PaintsWordsByTheirSeverity) {
  Loaded loaded;
  loaded.config.emplace();
  loaded.warnings = {"w"};
  const auto paint = [](Severity severity, std::string_view word) {
    return base::StrCat("<", static_cast<int>(severity), word, ">");
  };
  EXPECT_EQ(FormatReport(loaded, "f", paint),
            "<1warning>  w\nf: <2OK>, 0 issuers\n");
  EXPECT_EQ(FormatReport({.errors = {"e"}}, "f", paint),
            "<0error>    e\nf: 1 error\n");
}

}  // namespace
}  // namespace usher::config
