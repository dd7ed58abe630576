// Revocations in an SQLite database: a file, or memory.
//
// Durability. The file is in WAL mode with synchronous=FULL: when Commit()
// returns OK, the changes survive a crash of the process and of the machine.
// The file is locked, so a second process cannot open it.
//
// Damage. Each row has a checksum of its fields, and a row that does not have
// it is kDataLoss: a revocation is never silently dropped. A file that exists
// but is empty is refused too: new files appear at their path complete.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/revocation/revocation.h"

struct sqlite3;

namespace usher::revocation {

// Which revocations to list. The newest are first.
struct Query {
  std::optional<std::string> issuer;
  std::optional<Kind> kind;
  std::optional<std::string> value;
  // Continue behind this place: Page::next.
  std::optional<int64_t> after;
  // A page has fewer where their texts are long.
  size_t most = 100;
};

struct Page {
  std::vector<Revocation> revocations;
  std::optional<int64_t> next;  // absent: these were the last
};

// For one thread at a time. Blocks on the disk. Messages name the file and say
// what to do.
class Journal {
 public:
  // Creates the file, readable for its owner only, if it does not exist.
  // Absent: the database is in memory. kFailedPrecondition: another process
  // uses the file, or it is not such a database; kDataLoss: it is damaged.
  static absl::StatusOr<std::unique_ptr<Journal>> Open(
      const std::optional<std::string>& file);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Every revocation, the oldest first.
  absl::Status ForEach(absl::FunctionRef<void(const Revocation&)> visit);

  // Changes are made between Begin() and Commit(). Where one fails, or Commit()
  // does, Rollback() undoes all of them.
  absl::Status Begin();
  absl::Status Commit();
  void Rollback();

  // Adds `revocation`, or replaces that of the same target; the later
  // not_issued_after of the two holds. Returns what is in force now.
  absl::StatusOr<Revocation> Put(const Revocation& revocation);
  absl::StatusOr<bool> Has(const TargetView& target);
  // False: there was none.
  absl::StatusOr<bool> Remove(const TargetView& target);
  // Removes at most `most` revocations that were made before `before`, unless
  // their issuer is in `kept`. Returns their targets.
  absl::StatusOr<std::vector<Target>> RemoveBefore(
      absl::Time before, std::span<const std::string> kept, size_t most);

  absl::StatusOr<Page> List(const Query& query);

 private:
  class Statement;

  Journal(sqlite3* database, std::string name);
  static absl::Status Create(const std::string& file);
  absl::Status Prepare(bool is_file);
  absl::Status CheckKind();
  absl::Status Run(const char* sql);
  absl::StatusOr<int64_t> Number(const char* sql);
  absl::Status Error(int code, const char* doing) const;
  absl::StatusOr<Revocation> Read(Statement& row, int first) const;
  absl::StatusOr<std::optional<Revocation>> Find(const TargetView& target);

  sqlite3* const database_;
  const std::string name_;  // for messages
};

}  // namespace usher::revocation
