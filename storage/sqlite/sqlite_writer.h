// SqliteSession: the one connection that writes a dataset.
//
// A new dataset is built in a partial file without journal or sync. At `bulk`
// it stays there until Finish() publishes it; any error spoils it, and without
// Finish() it is removed. At the other levels only schema, fleet and manifest
// are built that way, then the file is published and written in WAL mode: the
// session is live. One on an existing dataset is live from the start.
//
// Live: at most a second goes by before it is noticed that the file or its log
// (-wal) was moved, replaced or removed (kIntegrity). Without Finish(), or when
// somebody reads the file during it, the log stays beside the file: together
// they are the whole dataset, and the next session or Finish() settles them.
//
// Errors: after any error the transaction is rolled back whatever SQLite did
// with it. A COMMIT that fails may have happened all the same: its Status has
// the code of what failed and Remedy::kResolveDoubt, except at `bulk`, where
// nothing is acknowledged before the end. The session remembers an error after
// which it must not be used and repeats it. Once the system could not bring
// data to the disk (fsync), in a COMMIT or when the log is brought into the
// file after one, nothing more is written: it may have forgotten them and would
// say ok the next time. Any other trouble with the log only lets it grow, until
// it is brought in later.
//
// Threads: one; Interrupt() from any.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_WRITER_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_WRITER_H_

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/backend.h"
#include "storage/sqlite/sqlite_db.h"
#include "storage/sqlite/sqlite_file.h"
#include "storage/sqlite/sqlite_rows.h"
#include "storage/sqlite/sqlite_setup.h"

namespace tillstorm {

class SqliteSession : public Session {
 public:
  // To make a dataset: Begin() comes next.
  SqliteSession(std::unique_ptr<DatasetFile> file, const CreateOptions& create,
                const SqliteOptions& options);
  // To go on with one: GoOn() comes next.
  SqliteSession(std::unique_ptr<DatasetFile> file,
                const ContinueOptions& options);
  ~SqliteSession() override;
  SqliteSession(const SqliteSession&) = delete;
  SqliteSession& operator=(const SqliteSession&) = delete;

  // Makes schema, fleet, manifest and the first ledger row. Call it once,
  // first; after an error only the destructor may follow.
  Status Begin(const Manifest& manifest, const Batch& fleet);
  // Likewise: checks what is there and gets ready to write.
  Status GoOn();

  Status Apply(const Batch& batch) override;
  Result<bool> ResolveDoubt(int32_t lane, int32_t batch) override;
  Status SetManifest(const Manifest& manifest) override;
  Status Finish(const Manifest& manifest,
                const FinishProgress& progress) override;
  void Interrupt() override;
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Settings()
      const override {
    return settings_;
  }
  [[nodiscard]] ApplyTimes last_apply() const override { return times_; }
  [[nodiscard]] int64_t log_bytes() const override;

 private:
  // A connection and its statements are opened and closed together.
  Status OpenToBuild();
  Status OpenLive();
  void TakeConnection(SqliteDb db, SchemaMaker maker);
  Status Close();
  Status GoLive();
  Status Reopen();

  // `work` inside a transaction; all of it happens or nothing.
  template <class Work>
  Status Transact(Work&& work, ApplyTimes* times = nullptr);
  Status CommitError(int code);
  static int AfterCommit(void* session, sqlite3* db, const char* schema,
                         int log_pages);
  void StopTrustingDisk(const Status& reason);
  Status WriteOpening(const Manifest& manifest, const Batch& fleet);
  Status ReplaceManifest(const Manifest& manifest);
  [[nodiscard]] Result<bool> HasBatch(int32_t lane, int32_t batch);
  Status BuildIndexes(const FinishProgress& progress);
  Status Settle();

  enum class When : uint8_t { kNow, kOnceASecond };
  Status CheckInPlace(When when);
  [[nodiscard]] bool is_bulk() const {
    return create_.durability == Durability::kBulk;
  }
  [[nodiscard]] Status CheckUsable() const;
  Status Remember(Status status);

  const CreateOptions create_;  // of a session that goes on: its durability
  const SqliteOptions options_;
  const bool goes_on_;
  std::atomic<bool> stop_{false};

  // In this order: statements go before the connection, it before the file.
  std::unique_ptr<DatasetFile> file_;
  std::mutex open_mutex_;  // held to open and close, and to interrupt
  SqliteDb db_;
  std::optional<SqliteRows> rows_;

  std::vector<std::pair<std::string, std::string>> settings_;
  std::string log_;       // path of the -wal
  ino_t log_number_ = 0;  // its inode
  Status broken_;         // why the session must not be used any more, or ok
  Status unsynced_;       // what to say after an fsync that failed, or ok
  ApplyTimes times_;
  std::chrono::nanoseconds checkpoint_{0};  // in the last COMMIT
  std::optional<std::chrono::steady_clock::time_point> looked_;  // in place
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_WRITER_H_
