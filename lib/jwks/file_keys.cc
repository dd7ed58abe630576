#include "lib/jwks/file_keys.h"

#include <utility>

#include "lib/base/text/strings.h"
#include "lib/base/text/utf8.h"

namespace usher::jwks {
namespace {

constexpr size_t kMaxSize = 1 << 20;

absl::StatusOr<jose::KeySet> KeysIn(
    const std::string& path, const absl::StatusOr<std::string>& content) {
  if (!content.ok()) return content.status();
  const std::string_view text = base::WithoutByteOrderMark(*content);
  const size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && text[first] == '{';
  absl::StatusOr<jose::KeySet> keys =
      json ? jose::KeySet::FromJwks(text) : jose::KeySet::FromPem(text);
  if (keys.ok()) return keys;
  return absl::FailedPreconditionError(
      base::Absl(base::StrCat(path, ": ", base::Std(keys.status().message()))));
}

}  // namespace

absl::StatusOr<jose::KeySet> ReadKeyFile(const std::string& path) {
  return KeysIn(path, base::ReadFile(path, kMaxSize));
}

FileKeys::FileKeys(std::string path, const RefreshLimits& limits)
    : path_(std::move(path)), limits_(limits) {}

void FileKeys::Load(const Request&, Done done) {
  const absl::StatusOr<std::string> content = base::ReadFile(path_, kMaxSize);
  {
    const base::MutexLock lock(mutex_);
    watch_.SetInUse({base::ContentIdOf(content)});
  }
  absl::StatusOr<jose::KeySet> keys = KeysIn(path_, content);
  if (!keys.ok()) return done(keys.status());
  done(LoadedKeys{*std::move(keys), absl::InfiniteDuration()});
}

std::optional<absl::Time> FileKeys::NextLook(const RefreshHistory&,
                                             absl::Time now, double) const {
  return now + absl::Seconds(1);
}

std::optional<Trigger> FileKeys::NeedsLoad(const RefreshHistory& history,
                                           absl::Time now) {
  const base::ContentId content =
      base::ContentIdOf(base::ReadFile(path_, kMaxSize));
  const bool retry =
      history.failures > 0 && NextRefresh(history, limits_, 0) <= now;
  const base::MutexLock lock(mutex_);
  if (!watch_.Poll({content}) && !retry) return std::nullopt;
  return Trigger::kFileChanged;
}

}  // namespace usher::jwks
