// Where a command reads and writes; tests give it strings.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/time/time.h"

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

  // "usher: note: ..." and "usher: warning: ..." on `err`.
  void Note(std::string_view text) { err << "usher: note: " << text << "\n"; }
  void Warn(std::string_view text) {
    err << "usher: warning: " << text << "\n";
  }
  void Fail(std::string_view text) { err << "usher: " << text << "\n"; }
};

// What the shell sees.
enum class ExitStatus : int {
  kFine = 0,       // verified, active, no faults
  kNo = 1,         // denied, not active, faults found
  kUsage = 2,      // the command line, or the question, is wrong
  kUndecided = 3,  // something that would tell cannot be reached
};

}  // namespace usher::cli
