// SqliteRows: how rows get into the tables through one connection: prepared
// statements, and the ids that the writer gives. Transactions are the caller's.
//
// Batches: events are sorted by table, keeping their order within one. Several
// updates of a row in a batch become one. Ids that the writer gives are dense
// per table, in the order of writing.
//
// Of an adopted fleet rows are never inserted: such an event takes over the row
// that is there under its id, and of that only the current state is ever
// written.
//
// Threads: as its connection.
// Errors: after one, part of the batch may have been written; the caller rolls
// back and puts the ids back.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_ROWS_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_ROWS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "storage/backend.h"
#include "storage/batch_order.h"
#include "storage/sqlite/sqlite_db.h"
#include "storage/sqlite/sqlite_schema.h"
#include "storage/sqlite/sqlite_statement.h"

namespace tillstorm {

class SqliteRows {
 public:
  // The id of the next row, by table; of use where the writer gives it.
  using NextIds = std::array<int64_t, kTableCount>;

  // Borrows the connection, which must outlive it.
  SqliteRows(SqliteDb* db, SchemaMaker maker);

  // Ids go on after the largest ones in the tables; without this, from 1.
  Status FindNextIds();
  // The events and the ledger row. REQUIRES: inside a transaction.
  Status WriteBatch(const Batch& batch);
  // Replaces what is there. REQUIRES: inside a transaction.
  Status WriteManifest(const Manifest& manifest);

  [[nodiscard]] const NextIds& next_ids() const { return next_ids_; }
  void set_next_ids(const NextIds& next_ids) { next_ids_ = next_ids; }

 private:
  Status InsertRows(const TableInfo& table, EventSpan events);
  Status UpdateRows(const TableInfo& table, EventSpan events);
  // The fleet's rows that HOMEPOT made.
  [[nodiscard]] bool IsAdopted(const TableInfo& table) const {
    return maker_ == SchemaMaker::kHomepot && table.is_fleet();
  }
  Status CheckOneChanged(const TableInfo& table, int64_t id) const;
  Status UpdateRow(const TableInfo& table, const RowUpdate& update,
                   RowStatement* statement);
  template <class Row>
  Status InsertRow(const Row& row);
  Status FindNextId(const TableInfo& table);

  [[nodiscard]] Result<RowStatement*> InsertStatement(const TableInfo& table);
  [[nodiscard]] Result<RowStatement*> UpdateStatement(const TableInfo& table);

  SqliteDb& db_;
  const SchemaMaker maker_;
  std::array<std::optional<RowStatement>, kTableCount> inserts_;
  std::array<std::optional<RowStatement>, kTableCount> updates_;
  NextIds next_ids_{};
  BatchOrder order_;
  UpdateFolder folder_;
  std::vector<std::byte> row_;  // encoding of a row of ours
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_ROWS_H_
