#include "lib/config/report.h"

#include "lib/base/file.h"
#include "lib/base/text/strings.h"
#include "lib/base/text/visible.h"

namespace usher::config {
namespace {

std::string Count(size_t count, std::string_view noun) {
  return base::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace

std::string FormatReport(const Loaded& loaded, std::string_view file,
                         const PaintWord& paint) {
  const auto word = [&](Severity severity, std::string_view text) {
    return paint ? paint(severity, text) : std::string(text);
  };
  std::string out;
  for (const std::string& error : loaded.errors) {
    out += base::StrCat(word(Severity::kError, "error"), "    ",
                        base::Visible(error), "\n");
  }
  for (const std::string& warning : loaded.warnings) {
    out += base::StrCat(word(Severity::kWarning, "warning"), "  ",
                        base::Visible(warning), "\n");
  }
  for (const std::string& note : loaded.notes) {
    out += base::StrCat(word(Severity::kNote, "note"), "     ", note, "\n");
  }
  const std::string summary =
      loaded.config
          ? base::StrCat(word(Severity::kOk, "OK"), ", ",
                         Count(loaded.config->issuers.size(), "issuer"))
          : Count(loaded.errors.size(), "error");
  return base::StrCat(out, base::Visible(base::PathForMessage(file)), ": ",
                      summary, "\n");
}

}  // namespace usher::config
