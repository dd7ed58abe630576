#include "client/cli/print/format.h"

#include <array>
#include <cstdint>

#include "lib/base/text/strings.h"

namespace usher::cli {
namespace {

struct Unit {
  absl::Duration size;
  std::string_view name;
};
const std::array<Unit, 4> kUnits = {{{absl::Hours(24), "d"},
                                     {absl::Hours(1), "h"},
                                     {absl::Minutes(1), "m"},
                                     {absl::Seconds(1), "s"}}};

}  // namespace

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
