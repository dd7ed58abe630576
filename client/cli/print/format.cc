#include "client/cli/print/format.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "lib/base/strings.h"
#include "lib/base/utf8.h"

namespace usher::cli {
namespace {

struct Range {
  char32_t first, last;
};
constexpr auto kUnseen = std::to_array<Range>({
    {0x00, 0x1f},        // C0 controls
    {0x7f, 0x9f},        // DEL and C1 controls
    {0xad, 0xad},        // soft hyphen
    {0x061c, 0x061c},    // Arabic letter mark
    {0x200b, 0x200f},    // zero width, direction marks
    {0x2028, 0x202e},    // line separators, direction overrides
    {0x2060, 0x206f},    // invisible operators, direction isolates
    {0xfeff, 0xfeff},    // byte order mark
    {0xfff9, 0xfffb},    // interlinear annotation
    {0xe0000, 0xe007f},  // tags
});

bool IsUnseen(char32_t code) {
  return std::any_of(kUnseen.begin(), kUnseen.end(), [code](Range range) {
    return code >= range.first && code <= range.last;
  });
}

struct Unit {
  absl::Duration size;
  std::string_view name;
};
const std::array<Unit, 4> kUnits = {{{absl::Hours(24), "d"},
                                     {absl::Hours(1), "h"},
                                     {absl::Minutes(1), "m"},
                                     {absl::Seconds(1), "s"}}};

}  // namespace

std::string Visible(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto character = base::FirstUtf8Character(text);
    const size_t size = character ? character->size : 1;
    if (!character) {
      out += absl::StrFormat("\\x{%02x}", static_cast<uint8_t>(text[0]));
    } else if (IsUnseen(character->code)) {
      out += absl::StrFormat("\\u{%x}", static_cast<uint32_t>(character->code));
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return out;
}

std::string ShortDuration(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return "for ever";
  if (duration < absl::ZeroDuration()) {
    return base::StrCat("-", ShortDuration(-duration));
  }
  if (duration < absl::Seconds(1)) {
    return base::StrCat(absl::ToInt64Milliseconds(duration), "ms");
  }
  std::string out;
  int told = 0;
  for (const Unit& unit : kUnits) {
    const int64_t count = absl::IDivDuration(duration, unit.size, &duration);
    if (told > 0 || count > 0) ++told;
    if (count > 0) {
      out += base::StrCat(out.empty() ? "" : " ", count, unit.name);
    }
    if (told == 2) break;
  }
  return out;
}

std::string UtcTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string RelativeTime(absl::Time time, absl::Time now) {
  const absl::Duration ahead = time - now;
  if (ahead >= absl::Seconds(1))
    return base::StrCat("in ", ShortDuration(ahead));
  if (ahead <= -absl::Seconds(1))
    return base::StrCat(ShortDuration(-ahead), " ago");
  return "now";
}

std::string UtcTime(absl::Time time, absl::Time now) {
  return base::StrCat(UtcTime(time), " (", RelativeTime(time, now), ")");
}

std::string Join(std::span<const std::string> parts) {
  return parts.empty() ? "none" : base::Join(parts, ", ");
}

}  // namespace usher::cli
