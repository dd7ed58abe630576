// Reads small files whole, and notices when their content changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace usher::base {

// `path` for a message, in which it must be neither a secret nor long: the text
// of a key in place of its path is a common mistake. Text that cannot be a path
// that someone meant (several lines, PEM, thousands of characters) is
// described, not quoted.
std::string PathForMessage(std::string_view path);

// Replaces the file at `path` by one with these bytes, in one step: readers see
// the old or the new one. Follows no link, neither at `path` nor at the
// temporary file beside it, whose name others cannot guess. Others can read it,
// as the umask permits. Blocks on the disk. The message names the path.
absl::Status ReplaceFile(const std::string& path, std::string_view bytes);

// Opens a file for appending, and creates it with `mode` if it does not exist.
// Does not block on a pipe. A symbolic link is followed only if root or the
// user of this process owns it (such as /dev/stdout), so that in a shared
// directory another user cannot direct the lines to a file of this process. The
// errno, or the descriptor.
struct Opened {
  int fd;     // -1: `error` says why
  int error;  // an errno
};
Opened OpenToAppend(const std::string& path, unsigned mode);

// The bytes of the regular file at `path`; links are followed. Blocks on the
// disk, never on a pipe. Fails for anything but a regular file and for a file
// of more than `max_size` bytes. The message names the path and never quotes
// the content: "cannot read /etc/ca.pem: No such file or directory".
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_size);

// The same for a path that a user typed at a shell: it may also be a pipe or a
// terminal, such as /dev/stdin or <(command), and is read to its end.
absl::StatusOr<std::string> ReadFileOrPipe(const std::string& path,
                                           size_t max_size);

// Tells one content of a file from another, within this process. A file that
// cannot be read has an id too, one for each error.
using ContentId = uint64_t;
ContentId ContentIdOf(const std::string& content);
ContentId ContentIdOf(const absl::Status& error);
ContentId ContentIdOf(const absl::StatusOr<std::string>& content);

// Notices when one file, or several that belong together, change.
//
// It compares content, not times: network file systems report times late, and a
// Kubernetes volume swaps a link (docs/adr/0007-reload.md). It waits until the
// content stands still: a file that is being written, or the second of two
// files that change together, is left to the next poll.
//
// Not thread-safe. Reads nothing itself: the user reads the files once and
// passes their ids.
class FileWatch {
 public:
  using Contents = std::vector<ContentId>;

  // `in_use` is what a change is measured against.
  void SetInUse(Contents in_use);

  // To be called every second or so with what the files say now. True if that
  // is not what is in use and was the same at the previous poll. Stays true
  // until SetInUse() or another change.
  bool Poll(Contents now);

 private:
  Contents in_use_;
  std::optional<Contents> last_poll_;
};

}  // namespace usher::base
