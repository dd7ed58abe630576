#include "lib/yaml/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "absl/hash/hash.h"

namespace usher::yaml {
namespace {

constexpr size_t kReadAtOnce = 64 << 10;

class Descriptor {
 public:
  // Not blocking: opening a pipe that nobody writes to must not hang.
  explicit Descriptor(const std::string& path)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
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
      base::Absl(base::StrCat("cannot read ", path, ": ", why)));
}

std::string LastError() { return std::generic_category().message(errno); }

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_size) {
  const Descriptor file(path);
  struct stat about {};
  if (file.get() < 0 || fstat(file.get(), &about) != 0) {
    return CannotRead(path, LastError());
  }
  if (!S_ISREG(about.st_mode)) return CannotRead(path, "not a regular file");
  // One byte more than allowed tells a file that is too large, even one that
  // grows while it is read.
  std::string bytes;
  size_t size = 0;
  while (size <= max_size) {
    bytes.resize(std::min(size + kReadAtOnce, max_size + 1));
    const ssize_t got =
        read(file.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return CannotRead(path, LastError());
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > max_size) {
    return CannotRead(path, base::StrCat("larger than ", max_size, " bytes"));
  }
  bytes.resize(size);
  bytes.shrink_to_fit();
  return bytes;
}

std::string Files::Resolve(std::string_view path) const {
  if (path.starts_with('/') || directory_.empty()) return std::string(path);
  return base::StrCat(directory_, "/", path);
}

const absl::StatusOr<std::string>& Files::Read(const std::string& path,
                                               bool kept) {
  auto found = read_.find(path);
  if (found == read_.end()) {
    found = read_.emplace(path, Text{ReadFile(path, kMaxNamedFile)}).first;
  }
  found->second.kept |= kept;
  return found->second.bytes;
}

std::vector<FileRead> Files::All() const {
  std::vector<FileRead> all;
  for (const auto& [path, text] : read_) {
    all.push_back({path, kMaxNamedFile, text.kept, TextOf(text.bytes)});
  }
  return all;
}

std::optional<uint64_t> TextOf(const absl::StatusOr<std::string>& bytes) {
  if (!bytes.ok()) return std::nullopt;
  return absl::Hash<std::string_view>{}(*bytes);
}

std::optional<uint64_t> TextNow(const FileRead& file) {
  return TextOf(ReadFile(file.path, file.max_size));
}

}  // namespace usher::yaml
