// Where a command reads and writes. Tests pass strings.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "lib/base/text/visible.h"

namespace usher::cli {

enum class Colour { kRed, kGreen, kYellow, kBold, kDim };

// Colours text, or leaves it as it is.
class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}
  std::string operator()(Colour colour, std::string_view text) const;

 private:
  bool on_;
};

struct Console {
  std::istream& in;
  std::ostream& out;  // answers
  std::ostream& err;  // everything else
  Paint paint;        // for `out`
  bool in_is_terminal = false;
  absl::Time now;  // when the command began

  // "usher: note: ..." and "usher: warning: ..." on `err`, each one line, made
  // visible (lib/base/text/visible.h).
  void Note(std::string_view text) {
    err << "usher: note: " << base::Visible(text) << "\n";
  }
  void Warn(std::string_view text) {
    err << "usher: warning: " << base::Visible(text) << "\n";
  }
  void Fail(std::string_view text) {
    err << "usher: " << base::Visible(text) << "\n";
  }
};

// The exit status of the process.
enum class ExitStatus : int {
  kOk = 0,         // verified, active, no errors
  kNo = 1,         // denied, not active, errors found
  kUsage = 2,      // the command line, or the request, is wrong
  kUndecided = 3,  // undecided, or the server cannot be reached
};

}  // namespace usher::cli
