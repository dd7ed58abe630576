#include "lib/jwks/file_keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "lib/base/strings.h"

namespace usher::jwks {
namespace {

constexpr size_t kMaxSize = 1 << 20;

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

absl::Status ErrorIn(const std::string& path, std::string_view what) {
  return absl::FailedPreconditionError(
      base::Absl(base::StrCat(path, ": ", what)));
}

struct Descriptor {
  explicit Descriptor(int opened) : fd(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
  const int fd;
};

absl::StatusOr<std::string> ReadAll(const std::string& path) {
  // Non-blocking: opening a FIFO would otherwise wait for a writer.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd < 0) return ErrorIn(path, std::strerror(errno));
  struct stat about;
  if (fstat(file.fd, &about) != 0) return ErrorIn(path, std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return ErrorIn(path, "is not a regular file");

  std::string text;
  char buffer[16 * 1024];
  while (text.size() <= kMaxSize) {
    const ssize_t got = read(file.fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrorIn(path, std::strerror(errno));
    if (got == 0) return text;
    text.append(buffer, static_cast<size_t>(got));
  }
  return ErrorIn(path, "is larger than 1 MiB");
}

}  // namespace

std::optional<FileMark> MarkOf(const std::string& path) {
  struct stat about;
  if (stat(path.c_str(), &about) != 0) return std::nullopt;
  return FileMark{about.st_dev, about.st_ino, about.st_size,
                  Nanoseconds(about.st_mtim), Nanoseconds(about.st_ctim)};
}

absl::StatusOr<jose::KeySet> ReadKeyFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadAll(path);
  if (!text.ok()) return text.status();
  const size_t first = text->find_first_not_of(" \t\r\n");
  const bool json = first != std::string::npos && (*text)[first] == '{';
  absl::StatusOr<jose::KeySet> keys =
      json ? jose::KeySet::FromJwks(*text) : jose::KeySet::FromPem(*text);
  if (!keys.ok()) return ErrorIn(path, base::Std(keys.status().message()));
  return keys;
}

FileKeys::FileKeys(std::string path, const RefreshLimits& limits)
    : path_(std::move(path)), limits_(limits) {}

void FileKeys::Load(const Request&, Done done) {
  // The mark is taken first: a change during the reading shows at the next
  // look.
  const std::optional<FileMark> mark = MarkOf(path_);
  absl::StatusOr<jose::KeySet> keys = ReadKeyFile(path_);
  {
    const base::MutexLock lock(mutex_);
    loaded_ = mark;
  }
  if (!keys.ok()) return done(keys.status());
  done(LoadedKeys{*std::move(keys), absl::InfiniteDuration()});
}

std::optional<absl::Time> FileKeys::NextLook(const RefreshHistory&,
                                             absl::Time now, double) const {
  return now + absl::Seconds(1);
}

std::optional<Trigger> FileKeys::NeedsLoad(const RefreshHistory& history,
                                           absl::Time now) {
  const std::optional<FileMark> mark = MarkOf(path_);
  const bool retry =
      history.failures > 0 && NextRefresh(history, limits_, 0) <= now;
  const base::MutexLock lock(mutex_);
  if (mark == loaded_ && !retry) return std::nullopt;
  return Trigger::kFileChanged;
}

}  // namespace usher::jwks
