// SqliteSession: the one connection that writes a dataset.
//
// A new dataset is built in a partial file without journal or sync. At `bulk`
// it stays there until Finish() publishes it; any error spoils it, and without
// Finish() it is removed. At the other levels only schema, fleet and manifest
// are built that way, then the file is published and written in WAL mode.
//
// Batches: events are sorted by table, keeping their order within one. Several
// updates of a row in a batch become one. Ids that the writer gives are dense
// per table from 1, in the order of writing.
//
// Errors: after any error the transaction is rolled back whatever SQLite did
// with it. A COMMIT that fails is in doubt (kInDoubt), except at `bulk`, where
// nothing is acknowledged before the end. The session remembers an error after
// which it must not be used and repeats it.
//
// Threads: one; Interrupt() from any.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_WRITER_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_WRITER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "storage/backend.h"
#include "storage/sqlite/sqlite_db.h"
#include "storage/sqlite/sqlite_file.h"
#include "storage/sqlite/sqlite_setup.h"
#include "storage/sqlite/sqlite_statement.h"

namespace tillstorm {

class SqliteSession : public Session {
 public:
  SqliteSession(std::unique_ptr<DatasetFile> file, const CreateOptions& create,
                const SqliteOptions& options);

  // Makes schema, fleet, manifest and the first ledger row. Call it once,
  // first; after an error only the destructor may follow.
  Status Begin(const Manifest& manifest, const Batch& fleet);

  Status Apply(const Batch& batch) override;
  Status Finish(const Manifest& manifest,
                const FinishProgress& progress) override;
  void Interrupt() override;
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Settings()
      const override {
    return settings_;
  }

 private:
  using EventSpan = std::span<const Event* const>;
  using NextIds = std::array<int64_t, kTableCount>;
  // An update and its place in the order of its batch.
  struct RowUpdate {
    int64_t id = 0;
    size_t place = 0;
    const Event* event = nullptr;
  };

  // A connection and its statements are opened and closed together.
  Status Open(bool building);
  Status Close();
  Status GoLive();

  // `work` inside a transaction; all of it happens or nothing.
  template <class Work>
  Status Transact(Work&& work);
  Status CommitError(int code);
  Status WriteOpening(const Manifest& manifest, const Batch& fleet);
  Status CreateSchema();
  Status WriteManifest(const Manifest& manifest);
  Status WriteBatch(const Batch& batch);
  Status WriteLedger(const LedgerEntry& entry);
  Status InsertRows(const TableInfo& table, EventSpan events);
  Status UpdateRows(const TableInfo& table, EventSpan events);
  Status UpdateRow(const TableInfo& table, std::span<const RowUpdate> updates);
  template <class Row>
  Status InsertRow(const Row& row);
  Status BuildIndexes(const FinishProgress& progress);
  Status SettleLive();

  [[nodiscard]] Result<RowStatement*> InsertStatement(const TableInfo& table);
  [[nodiscard]] Result<RowStatement*> UpdateStatement(const TableInfo& table);
  [[nodiscard]] bool is_bulk() const {
    return create_.durability == Durability::kBulk;
  }
  [[nodiscard]] Status CheckUsable() const;
  Status Remember(Status status);

  const CreateOptions create_;
  const SqliteOptions options_;
  std::atomic<bool> stop_{false};

  // In this order: statements go before the connection, it before the file.
  std::unique_ptr<DatasetFile> file_;
  std::mutex open_mutex_;  // held to open and close, and to interrupt
  SqliteDb db_;
  std::array<std::optional<RowStatement>, kTableCount> inserts_;
  std::array<std::optional<RowStatement>, kTableCount> updates_;

  std::vector<std::pair<std::string, std::string>> settings_;
  Status broken_;  // why the session must not be used any more, or ok
  NextIds next_ids_{};
  std::vector<const Event*> sorted_;    // of the batch at hand
  std::vector<RowUpdate> row_updates_;  // of the table at hand
  std::vector<std::byte> row_;          // encoding of a row of ours
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_WRITER_H_
