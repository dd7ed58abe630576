#include "lib/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/hash/hash.h"
#include "lib/base/text/strings.h"

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
  return absl::NotFoundError(
      Absl(StrCat("cannot read ", PathForMessage(path), ": ", why)));
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

absl::Status CannotWrite(const std::string& path) {
  return absl::UnavailableError(
      Absl(StrCat("cannot write ", PathForMessage(path), ": ",
                  std::generic_category().message(errno))));
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return true;
}

// ".3f2a...": others cannot guess it.
std::string RandomSuffix() {
  uint64_t bits = 0;
  if (getentropy(&bits, sizeof bits) != 0) bits = absl::HashOf(getpid());
  char text[20];
  std::snprintf(text, sizeof text, ".%016" PRIx64, bits);
  return text;
}

}  // namespace

std::string PathForMessage(std::string_view path) {
  const bool is_text =
      path.find("-----BEGIN") != std::string_view::npos ||
      std::ranges::any_of(path, [](unsigned char c) { return c < 0x20; });
  if (is_text) {
    return "the file (the value is not a path but looks like the content of a "
           "file, so it is not shown; set the path of a file that holds it)";
  }
  // Longer than a path can be, or a part of one (NAME_MAX).
  constexpr size_t kLongest = 1024;
  constexpr size_t kLongestPart = 255;
  size_t longest_part = 0;
  for (size_t from = 0; from <= path.size();) {
    const size_t end = std::min(path.find('/', from), path.size());
    longest_part = std::max(longest_part, end - from);
    from = end + 1;
  }
  if (path.size() > kLongest || longest_part > kLongestPart) {
    return StrCat("the file (a path of ", path.size(),
                  " characters, which is not shown)");
  }
  return std::string(path);
}

absl::Status ReplaceFile(const std::string& path, std::string_view bytes) {
  const std::string temporary = path + RandomSuffix();
  const int fd =
      open(temporary.c_str(),
           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (fd < 0) return CannotWrite(path);
  const bool written = WriteAll(fd, bytes);
  if (close(fd) == 0 && written &&
      std::rename(temporary.c_str(), path.c_str()) == 0) {
    return absl::OkStatus();
  }
  const absl::Status error = CannotWrite(path);
  unlink(temporary.c_str());
  return error;
}

Opened OpenToAppend(const std::string& path, unsigned mode) {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK;
  int fd = open(path.c_str(), kFlags | O_NOFOLLOW, mode);
  if (fd >= 0) return {fd, 0};
  if (errno != ELOOP) return {-1, errno};
  struct stat link {};
  if (lstat(path.c_str(), &link) != 0) return {-1, errno};
  if (link.st_uid != 0 && link.st_uid != geteuid()) return {-1, ELOOP};
  fd = open(path.c_str(), kFlags, mode);
  return {fd, fd < 0 ? errno : 0};
}

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
