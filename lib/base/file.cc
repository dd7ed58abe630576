#include "lib/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/hash/hash.h"
#include "lib/base/strings.h"

namespace usher::base {
namespace {

constexpr size_t kChunk = 64 << 10;

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | flags)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status CannotRead(const std::string& path, std::string_view why) {
  return absl::NotFoundError(Absl(StrCat("cannot read ", path, ": ", why)));
}

absl::Status LastError(const std::string& path) {
  return CannotRead(path, std::generic_category().message(errno));
}

absl::StatusOr<std::string> ReadAll(const std::string& path,
                                    const Descriptor& file, size_t max_size) {
  // One byte more than allowed shows that a file is too large, even one that
  // grows while it is read.
  std::string bytes;
  size_t size = 0;
  while (size <= max_size) {
    bytes.resize(std::min(size + kChunk, max_size + 1));
    const ssize_t got =
        read(file.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return LastError(path);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > max_size) {
    return CannotRead(path, StrCat("larger than ", max_size, " bytes"));
  }
  bytes.resize(size);
  bytes.shrink_to_fit();
  return bytes;
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_size) {
  // Not blocking: opening a pipe that has no writer must not hang.
  const Descriptor file(path, O_NONBLOCK);
  struct stat about {};
  if (file.get() < 0 || fstat(file.get(), &about) != 0) return LastError(path);
  if (!S_ISREG(about.st_mode)) return CannotRead(path, "not a regular file");
  return ReadAll(path, file, max_size);
}

absl::StatusOr<std::string> ReadFileOrPipe(const std::string& path,
                                           size_t max_size) {
  const Descriptor file(path, 0);
  if (file.get() < 0) return LastError(path);
  return ReadAll(path, file, max_size);
}

ContentId ContentIdOf(const std::string& content) {
  return absl::HashOf(true, content);
}

ContentId ContentIdOf(const absl::Status& error) {
  return absl::HashOf(false, Std(error.message()));
}

ContentId ContentIdOf(const absl::StatusOr<std::string>& content) {
  return content.ok() ? ContentIdOf(*content) : ContentIdOf(content.status());
}

void FileWatch::SetInUse(Contents in_use) {
  in_use_ = std::move(in_use);
  last_poll_.reset();
}

bool FileWatch::Poll(Contents now) {
  const bool stands_still = last_poll_ == now;
  const bool changed = in_use_ != now;
  last_poll_ = std::move(now);
  return changed && stands_still;
}

}  // namespace usher::base
