#include "lib/revocation/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "lib/base/result.h"
#include "lib/base/text/strings.h"

namespace usher::revocation {
namespace {

using base::StrCat;

// "USHR", where a database says whose it is.
constexpr int64_t kApplicationId = 0x55534852;
constexpr int64_t kVersion = 1;
// For a process that is just ending and still has the file.
constexpr int kBusyMilliseconds = 2000;

// A page stays well below gRPC's limit of 4 MiB.
constexpr size_t kMostPageBytes = 1u << 20;

constexpr char kCreate[] = R"(
  BEGIN IMMEDIATE;
  CREATE TABLE revocation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,
    issuer TEXT NOT NULL,
    tenant TEXT NOT NULL,
    kind INTEGER NOT NULL,
    value TEXT NOT NULL,
    not_issued_after INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    operator TEXT NOT NULL,
    checksum INTEGER NOT NULL);
  CREATE INDEX revocation_age ON revocation (revoked_at);
  PRAGMA application_id = 1431521362;
  PRAGMA user_version = 1;
  COMMIT;)";
static_assert(kApplicationId == 1431521362 && kVersion == 1);

// The order in which Read() and Put() have them.
#define USHER_COLUMNS                                                   \
  "issuer, tenant, kind, value, not_issued_after, revoked_at, reason, " \
  "operator, checksum"

// InfiniteFuture is the largest number.
int64_t Nanoseconds(absl::Time time) { return absl::ToUnixNanos(time); }
absl::Time TimeOf(int64_t nanoseconds) {
  return nanoseconds == std::numeric_limits<int64_t>::max()
             ? absl::InfiniteFuture()
             : absl::FromUnixNanos(nanoseconds);
}

int64_t ChecksumOf(const Revocation& revocation) {
  const TargetDigest target = DigestOf(revocation.target);
  std::string bytes(target.begin(), target.end());
  bytes +=
      StrCat(Nanoseconds(revocation.not_issued_after), " ",
             Nanoseconds(revocation.revoked_at), " ", revocation.reason.size(),
             " ", revocation.reason, revocation.operator_name);
  const jose::Sha256Digest digest = jose::Sha256(bytes);
  int64_t checksum;
  std::memcpy(&checksum, digest.data(), sizeof checksum);
  return checksum;
}

std::string_view AsText(const TargetDigest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

// One prepared statement. Errors stick until Step().
class Journal::Statement {
 public:
  Statement(sqlite3* database, std::string_view sql) {
    code_ =
        sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()),
                           &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Bind(int64_t number) {
    if (code_ == SQLITE_OK) {
      code_ = sqlite3_bind_int64(statement_, ++bound_, number);
    }
    return *this;
  }
  // The text must live until the last Step().
  Statement& Bind(std::string_view text) {
    if (code_ == SQLITE_OK) {
      code_ = sqlite3_bind_text(statement_, ++bound_, text.data(),
                                static_cast<int>(text.size()), SQLITE_STATIC);
    }
    return *this;
  }
  Statement& BindBytes(std::string_view bytes) {
    if (code_ == SQLITE_OK) {
      code_ = sqlite3_bind_blob(statement_, ++bound_, bytes.data(),
                                static_cast<int>(bytes.size()), SQLITE_STATIC);
    }
    return *this;
  }
  // SQLITE_ROW, SQLITE_DONE or an error.
  int Step() { return code_ == SQLITE_OK ? sqlite3_step(statement_) : code_; }

  int64_t Number(int column) {
    return sqlite3_column_int64(statement_, column);
  }
  std::string Text(int column) {
    const auto* text = sqlite3_column_text(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    return text ? std::string(reinterpret_cast<const char*>(text),
                              static_cast<size_t>(size))
                : std::string();
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int code_;
  int bound_ = 0;
};

Journal::Journal(sqlite3* database, std::string name)
    : database_(database), name_(std::move(name)) {}

Journal::~Journal() { sqlite3_close(database_); }

absl::Status Journal::Error(int code, const char* doing) const {
  const std::string what =
      StrCat(name_, ": cannot ", doing, ": ", sqlite3_errmsg(database_));
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::FailedPreconditionError(
          StrCat(name_,
                 ": another process uses this file; each usherd needs "
                 "a file of its own"));
    case SQLITE_NOTADB:
      return absl::FailedPreconditionError(
          StrCat(name_, ": is not a revocation store"));
    case SQLITE_CORRUPT:
      return absl::DataLossError(
          StrCat(what,
                 "; the file is damaged: restore it, or move it away, "
                 "and what it revoked is not revoked any more"));
    case SQLITE_FULL:
      return absl::UnavailableError(StrCat(what, "; free space on its disk"));
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return absl::UnavailableError(
          StrCat(what,
                 "; the file and its directory must be writable for "
                 "usherd"));
    default:
      return absl::UnavailableError(what);
  }
}

absl::Status Journal::Run(const char* sql) {
  const int code = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code, "write");
}

absl::StatusOr<int64_t> Journal::Number(const char* sql) {
  Statement statement(database_, sql);
  const int code = statement.Step();
  if (code != SQLITE_ROW) return Error(code, "read");
  return statement.Number(0);
}

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(
    const std::optional<std::string>& file) {
  if (file) {
    struct stat found;
    if (stat(file->c_str(), &found) != 0) {
      if (errno != ENOENT) {
        return absl::UnavailableError(
            StrCat(*file, ": ", std::strerror(errno)));
      }
      if (absl::Status made = Create(*file); !made.ok()) return made;
    } else if (!S_ISREG(found.st_mode)) {
      return absl::FailedPreconditionError(
          StrCat(*file, ": is not a regular file"));
    } else if (found.st_size == 0) {
      return absl::DataLossError(
          StrCat(*file,
                 ": is empty, so what it revoked is lost; restore it, "
                 "or remove it to begin with nothing revoked"));
    }
  }
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(file ? file->c_str() : ":memory:", &database,
                                   SQLITE_OPEN_READWRITE, nullptr);
  std::unique_ptr<Journal> journal(
      new Journal(database, file ? *file : "the ephemeral revocation store"));
  if (code != SQLITE_OK) return journal->Error(code, "open");
  if (absl::Status ready = journal->Prepare(file.has_value()); !ready.ok()) {
    return ready;
  }
  return journal;
}

// Beside its path, and then renamed: a crash leaves no half-made store.
absl::Status Journal::Create(const std::string& file) {
  const std::string fresh = file + ".new";
  const auto failed = [&](const char* doing) {
    return absl::UnavailableError(
        StrCat(file, ": cannot ", doing, ": ", std::strerror(errno),
               "; its directory must exist and be writable for usherd"));
  };
  if (unlink(fresh.c_str()) != 0 && errno != ENOENT) return failed("create");
  const int made =
      open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
           S_IRUSR | S_IWUSR);
  if (made < 0) return failed("create");
  close(made);
  {
    sqlite3* database = nullptr;
    const int code = sqlite3_open_v2(fresh.c_str(), &database,
                                     SQLITE_OPEN_READWRITE, nullptr);
    Journal journal(database, file);
    if (code != SQLITE_OK) return journal.Error(code, "create");
    absl::Status written = journal.Run("PRAGMA synchronous = FULL;");
    written.Update(journal.Run(kCreate));
    if (!written.ok()) {
      unlink(fresh.c_str());
      return written;
    }
  }
  if (rename(fresh.c_str(), file.c_str()) != 0) return failed("create");
  const size_t slash = file.rfind('/');
  const std::string directory =
      slash == std::string::npos ? "." : file.substr(0, slash + 1);
  const int opened =
      open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return failed("sync");
  const bool synced = fsync(opened) == 0;
  close(opened);
  return synced ? absl::OkStatus() : failed("sync");
}

absl::Status Journal::Prepare(bool is_file) {
  sqlite3_busy_timeout(database_, kBusyMilliseconds);
  sqlite3_extended_result_codes(database_, 1);
  // A damaged schema must not run anything.
  sqlite3_db_config(database_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  if (!is_file) return Run(kCreate);
  // Exclusive: one process, and no shared memory beside the file.
  if (auto locked = Run("PRAGMA locking_mode = EXCLUSIVE"); !locked.ok()) {
    return locked;
  }
  if (absl::Status kind = CheckKind(); !kind.ok()) return kind;
  {
    Statement mode(database_, "PRAGMA journal_mode = WAL");
    const int code = mode.Step();
    if (code != SQLITE_ROW) return Error(code, "write");
    if (mode.Text(0) != "wal") {
      return absl::UnavailableError(
          StrCat(name_, ": cannot write ahead on this file system"));
    }
  }
  // A change that changes nothing: finds out whether the disk can be written.
  if (auto written = Run("PRAGMA synchronous = FULL;"
                         "BEGIN IMMEDIATE; PRAGMA user_version = 1; COMMIT;");
      !written.ok()) {
    return written;
  }
  Statement check(database_, "PRAGMA quick_check(1)");
  const int code = check.Step();
  if (code != SQLITE_ROW) return Error(code, "read");
  if (check.Text(0) != "ok") {
    return absl::DataLossError(
        StrCat(name_, ": is damaged (", check.Text(0),
               "): restore it, or move it away, and what it revoked is not "
               "revoked any more"));
  }
  return absl::OkStatus();
}

absl::Status Journal::CheckKind() {
  USHER_TRY(const int64_t owner, Number("PRAGMA application_id"));
  USHER_TRY(const int64_t version, Number("PRAGMA user_version"));
  if (owner != kApplicationId) {
    return absl::FailedPreconditionError(
        StrCat(name_, ": is a database, but not a revocation store"));
  }
  if (version != kVersion) {
    return absl::FailedPreconditionError(
        StrCat(name_, ": has version ", version, ", and this usherd reads ",
               kVersion, ": it was written by another version of usherd"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Revocation> Journal::Read(Statement& row, int first) const {
  Revocation out;
  out.target.issuer = row.Text(first);
  out.target.tenant = row.Text(first + 1);
  const int64_t kind = row.Number(first + 2);
  out.target.value = row.Text(first + 3);
  out.not_issued_after = TimeOf(row.Number(first + 4));
  out.revoked_at = TimeOf(row.Number(first + 5));
  out.reason = row.Text(first + 6);
  out.operator_name = row.Text(first + 7);
  const bool known = kind >= 0 && kind < static_cast<int64_t>(kKinds);
  if (known) out.target.kind = static_cast<Kind>(kind);
  if (!known || row.Number(first + 8) != ChecksumOf(out)) {
    return absl::DataLossError(StrCat(
        name_, ": is damaged: the revocation with the number ", row.Number(0),
        " is not as it was written; restore the file, or move it away, "
        "and what it revoked is not revoked any more"));
  }
  return out;
}

absl::Status Journal::ForEach(
    absl::FunctionRef<void(const Revocation&)> visit) {
  Statement rows(database_,
                 "SELECT id, " USHER_COLUMNS " FROM revocation ORDER BY id");
  int code;
  while ((code = rows.Step()) == SQLITE_ROW) {
    USHER_TRY(const Revocation revocation, Read(rows, 1));
    visit(revocation);
  }
  return code == SQLITE_DONE ? absl::OkStatus() : Error(code, "read");
}

absl::Status Journal::Begin() { return Run("BEGIN IMMEDIATE"); }
absl::Status Journal::Commit() { return Run("COMMIT"); }
void Journal::Rollback() {
  // SQLite has rolled back by itself after some errors.
  if (sqlite3_get_autocommit(database_) == 0) (void)Run("ROLLBACK");
}

absl::StatusOr<std::optional<Revocation>> Journal::Find(
    const TargetView& target) {
  const TargetDigest digest = DigestOf(target);
  Statement row(database_, "SELECT id, " USHER_COLUMNS
                           " FROM revocation WHERE digest = ?");
  const int code = row.BindBytes(AsText(digest)).Step();
  if (code == SQLITE_DONE) return std::optional<Revocation>();
  if (code != SQLITE_ROW) return Error(code, "read");
  USHER_TRY(Revocation found, Read(row, 1));
  return std::optional<Revocation>(std::move(found));
}

absl::StatusOr<bool> Journal::Has(const TargetView& target) {
  USHER_TRY(const std::optional<Revocation> found, Find(target));
  return found.has_value();
}

absl::StatusOr<Revocation> Journal::Put(const Revocation& revocation) {
  USHER_TRY(const std::optional<Revocation> before, Find(revocation.target));
  Revocation next = revocation;
  if (before) {
    next.not_issued_after =
        std::max(next.not_issued_after, before->not_issued_after);
    // The clock may have been set back: a repetition never ends sooner.
    next.revoked_at = std::max(next.revoked_at, before->revoked_at);
  }
  const TargetDigest digest = DigestOf(next.target);
  Statement insert(database_, "REPLACE INTO revocation (digest, " USHER_COLUMNS
                              ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const int code = insert.BindBytes(AsText(digest))
                       .Bind(next.target.issuer)
                       .Bind(next.target.tenant)
                       .Bind(static_cast<int64_t>(next.target.kind))
                       .Bind(next.target.value)
                       .Bind(Nanoseconds(next.not_issued_after))
                       .Bind(Nanoseconds(next.revoked_at))
                       .Bind(next.reason)
                       .Bind(next.operator_name)
                       .Bind(ChecksumOf(next))
                       .Step();
  if (code != SQLITE_DONE) return Error(code, "write");
  return next;
}

absl::StatusOr<bool> Journal::Remove(const TargetView& target) {
  const TargetDigest digest = DigestOf(target);
  Statement remove(database_, "DELETE FROM revocation WHERE digest = ?");
  const int code = remove.BindBytes(AsText(digest)).Step();
  if (code != SQLITE_DONE) return Error(code, "write");
  return sqlite3_changes(database_) > 0;
}

absl::StatusOr<std::vector<Target>> Journal::RemoveBefore(
    absl::Time before, std::span<const std::string> kept, size_t most) {
  std::string marks;
  for (size_t i = 0; i < kept.size(); ++i) marks += i == 0 ? "?" : ", ?";
  const std::string sql = StrCat(
      "DELETE FROM revocation WHERE id IN (SELECT id FROM revocation WHERE "
      "revoked_at < ? AND issuer NOT IN (",
      marks, ") ORDER BY revoked_at LIMIT ?) RETURNING id, " USHER_COLUMNS);
  Statement rows(database_, sql);
  rows.Bind(Nanoseconds(before));
  for (const std::string& issuer : kept) rows.Bind(std::string_view(issuer));
  rows.Bind(static_cast<int64_t>(most));
  std::vector<Target> removed;
  int code;
  while ((code = rows.Step()) == SQLITE_ROW) {
    USHER_TRY(Revocation revocation, Read(rows, 1));
    removed.push_back(std::move(revocation.target));
  }
  if (code != SQLITE_DONE) return Error(code, "write");
  return removed;
}

absl::StatusOr<Page> Journal::List(const Query& query) {
  std::string sql = "SELECT id, " USHER_COLUMNS " FROM revocation WHERE id < ?";
  if (query.issuer) sql += " AND issuer = ?";
  if (query.kind) sql += " AND kind = ?";
  if (query.value) sql += " AND value = ?";
  sql += " ORDER BY id DESC LIMIT ?";
  Statement rows(database_, sql);
  rows.Bind(query.after.value_or(std::numeric_limits<int64_t>::max()));
  if (query.issuer) rows.Bind(std::string_view(*query.issuer));
  if (query.kind) rows.Bind(static_cast<int64_t>(*query.kind));
  if (query.value) rows.Bind(std::string_view(*query.value));
  rows.Bind(static_cast<int64_t>(query.most) + 1);
  Page page;
  size_t bytes = 0;
  int64_t last = 0;
  int code;
  while ((code = rows.Step()) == SQLITE_ROW) {
    if (page.revocations.size() == query.most || bytes > kMostPageBytes) {
      page.next = last;
      return page;
    }
    last = rows.Number(0);
    USHER_TRY(Revocation revocation, Read(rows, 1));
    bytes += revocation.target.value.size() + revocation.reason.size();
    page.revocations.push_back(std::move(revocation));
  }
  if (code != SQLITE_DONE) return Error(code, "read");
  return page;
}

}  // namespace usher::revocation
