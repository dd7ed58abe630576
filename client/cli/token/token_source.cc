#include "client/cli/token/token_source.h"

#include <istream>

#include "absl/strings/match.h"
#include "lib/base/file.h"
#include "lib/base/result.h"
#include "lib/base/text/strings.h"

namespace usher::cli {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";
// Far above any token: a longer file is something else.
constexpr size_t kMaxBytes = 1 << 20;

absl::StatusOr<std::string> ReadInput(std::istream& in) {
  std::string text(kMaxBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) {
    return absl::InvalidArgumentError("cannot read standard input");
  }
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kMaxBytes) {
    return absl::InvalidArgumentError(base::Absl(base::StrCat(
        "cannot read standard input: larger than ", kMaxBytes, " bytes")));
  }
  return text;
}

absl::StatusOr<std::string> ReadRaw(const std::optional<std::string>& source,
                                    Console& console) {
  if (!source || *source == "-") {
    if (console.in_is_terminal) {
      console.Note("reading the token from the keyboard; end with Ctrl-D");
    }
    return ReadInput(console.in);
  }
  if (source->starts_with('@')) {
    return base::ReadFileOrPipe(source->substr(1), kMaxBytes);
  }
  console.Warn(
      "a token on the command line can be seen by other users of this "
      "machine; pass it on standard input, or as @FILE");
  return *source;
}

// Removes white space at both ends. True if there was more than one final line
// feed.
bool TrimSpace(std::string_view& text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  const size_t before = text.size();
  const size_t first = std::min(text.find_first_not_of(kSpace), text.size());
  text.remove_prefix(first);
  const size_t last = text.find_last_not_of(kSpace);
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  return text.size() != before;
}

bool RemoveScheme(std::string_view& text) {
  constexpr std::string_view kScheme = "Bearer";
  if (!absl::StartsWithIgnoreCase(base::Absl(text), base::Absl(kScheme)) ||
      text.size() <= kScheme.size() ||
      kSpace.find(text[kScheme.size()]) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(kScheme.size());
  TrimSpace(text);
  return true;
}

}  // namespace

absl::StatusOr<Secret> ReadToken(const std::optional<std::string>& source,
                                 Console& console) {
  USHER_TRY(std::string raw, ReadRaw(source, console));
  std::string_view text = raw;
  if (TrimSpace(text)) console.Note("removed white space around the token");
  if (RemoveScheme(text)) {
    console.Note("removed the leading \"Bearer\": it is not part of the token");
  }
  Secret token{std::string(text)};
  Wipe(raw);
  if (token.empty()) {
    return absl::InvalidArgumentError(
        "there is no token: pass it on standard input, as @FILE, or as an "
        "argument");
  }
  return token;
}

}  // namespace usher::cli
