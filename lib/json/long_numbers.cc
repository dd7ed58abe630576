#include "lib/json/long_numbers.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "absl/strings/charconv.h"
#include "absl/strings/numbers.h"
#include "lib/base/text/strings.h"

namespace usher::json {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLargest = "1.7976931348623157e308";

bool StartsNumber(char c) { return c == '-' || (c >= '0' && c <= '9'); }

// The index after the number or the string that starts at `begin`.
size_t NumberEnd(std::string_view text, size_t begin) {
  return std::min(text.find_first_not_of("0123456789+-.eE", begin),
                  text.size());
}
size_t StringEnd(std::string_view text, size_t begin) {
  for (size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.size();
}

// Removes the digits at the beginning. Whether there was one.
bool SkipDigits(std::string_view& rest) {
  const size_t count = std::min(rest.find_first_not_of(kDigits), rest.size());
  rest.remove_prefix(count);
  return count > 0;
}

// RFC 8259 section 6.
bool IsNumber(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.starts_with('0')) {
    text.remove_prefix(1);
  } else if (!SkipDigits(text)) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!SkipDigits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!SkipDigits(text)) return false;
  }
  return text.empty();
}

bool FitsIn64Bits(std::string_view integer) {
  int64_t number;
  uint64_t positive;
  return absl::SimpleAtoi(base::Absl(integer), &number) ||
         (!integer.starts_with('-') &&
          absl::SimpleAtoi(base::Absl(integer), &positive));
}

// What to write for `number`, or "" if it can stay. An integer stays but for an
// exponent, which makes it a double.
std::string_view Replacement(std::string_view number) {
  if (!IsNumber(number)) return "";
  double value = 0;
  const char* const end = number.data() + number.size();
  const auto read = absl::from_chars(number.data(), end, value);
  if (read.ec == std::errc::result_out_of_range && (value > 1 || value < -1)) {
    return kLargest;
  }
  const bool integer = number.find_first_of(".eE") == std::string_view::npos;
  return integer && !FitsIn64Bits(number) ? "e0" : "";
}

}  // namespace

bool RewriteLongNumbers(std::string_view text, std::string& out) {
  out.clear();
  bool found = false;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      const size_t end = StringEnd(text, i);
      out += text.substr(i, end - i);
      i = end;
    } else if (StartsNumber(text[i])) {
      const size_t end = NumberEnd(text, i);
      const std::string_view number = text.substr(i, end - i);
      const std::string_view replacement = Replacement(number);
      if (replacement == kLargest) {
        if (number.starts_with('-')) out += '-';
      } else {
        out += number;
      }
      out += replacement;
      found = found || !replacement.empty();
      i = end;
    } else {
      out += text[i++];
    }
  }
  return found;
}

}  // namespace usher::json
