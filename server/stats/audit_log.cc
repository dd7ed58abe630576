#include "server/stats/audit_log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "lib/base/file.h"
#include "lib/base/text/strings.h"

namespace usher::server {
namespace {

constexpr int kWaitMilliseconds = 100;

}  // namespace

AuditLog::AuditLog(config::Audit settings, const base::Clock& clock)
    : settings_(std::move(settings)),
      clock_(clock),
      sampler_(settings_.sample_verified, settings_.refusals_per_second) {}

AuditLog::~AuditLog() {
  if (writer_.joinable()) {
    {
      base::MutexLock lock(mutex_);
      stopping_ = true;
    }
    changed_.SignalAll();
    writer_.join();
  }
  if (settings_.file && file_ >= 0) close(file_);
}

absl::Status AuditLog::Open() {
  if (settings_.file) {
    if (absl::Status opened = OpenFile(); !opened.ok()) return opened;
  } else {
    file_ = STDERR_FILENO;
  }
  writer_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

absl::Status AuditLog::OpenFile() {
  const base::Opened opened = base::OpenToAppend(*settings_.file, 0640);
  file_ = opened.fd;
  if (file_ >= 0) return absl::OkStatus();
  const char* const why = opened.error == ELOOP
                              ? "is a symbolic link of another user"
                              : std::strerror(opened.error);
  return absl::FailedPreconditionError(base::Absl(
      base::StrCat("audit.file: cannot write ",
                   base::PathForMessage(*settings_.file), ": ", why)));
}

bool AuditLog::WantsVerified() {
  if (sampler_.WantsVerified()) return true;
  Count(AuditLine::kSampledOut);
  return false;
}

bool AuditLog::WantsRefused() {
  if (sampler_.WantsRefused(clock_.Now())) return true;
  Count(AuditLine::kLimited);
  return false;
}

void AuditLog::Write(std::string line) {
  line += '\n';
  {
    base::MutexLock lock(mutex_);
    if (queued_bytes_ + line.size() > kQueueBytes) {
      return Count(AuditLine::kQueueFull);
    }
    queued_bytes_ += line.size();
    queue_.push_back(std::move(line));
  }
  changed_.Signal();
}

void AuditLog::Run() {
  base::MutexLock lock(mutex_);
  while (true) {
    while (!stopping_ && queue_.empty()) changed_.Wait(mutex_);
    if (queue_.empty()) return;
    std::deque<std::string> lines = std::exchange(queue_, {});
    lock.Unlock();
    if (settings_.file) FollowRotation();
    size_t bytes = 0;
    for (std::string& line : lines) {
      bytes += line.size();
      Count(WriteWhole(std::move(line)) ? AuditLine::kWritten
                                        : AuditLine::kWriteFailed);
    }
    lock.Lock();
    // Only now: the lines use memory until they are written.
    queued_bytes_ -= bytes;
  }
}

void AuditLog::FollowRotation() {
  struct stat there;
  struct stat ours;
  const bool same = file_ >= 0 && stat(settings_.file->c_str(), &there) == 0 &&
                    fstat(file_, &ours) == 0 && there.st_dev == ours.st_dev &&
                    there.st_ino == ours.st_ino;
  if (same) return;
  const int old = std::exchange(file_, -1);
  // If the new file cannot be opened, go on with the old one.
  if (!OpenFile().ok()) {
    file_ = old;
  } else if (old >= 0) {
    close(old);
  }
}

bool AuditLog::WriteWhole(std::string line) {
  if (torn_) line.insert(line.begin(), '\n');
  size_t done = 0;
  const auto fail = [&] {
    torn_ = torn_ || done > 0;
    return false;
  };
  while (done < line.size()) {
    if (waits_left_ <= 0) return fail();
    pollfd ready{file_, POLLOUT, 0};
    const int polled = poll(&ready, 1, kWaitMilliseconds);
    if (polled == 0 && Stopping()) --waits_left_;
    if (polled <= 0) continue;
    const ssize_t wrote = write(file_, line.data() + done, line.size() - done);
    if (wrote >= 0) {
      done += static_cast<size_t>(wrote);
    } else if (errno != EINTR && errno != EAGAIN) {
      return fail();
    }
  }
  torn_ = false;
  return true;
}

bool AuditLog::Stopping() {
  base::MutexLock lock(mutex_);
  return stopping_;
}

}  // namespace usher::server
