// PostgresRows: how rows get into the tables through one connection: binary
// COPY straight from the events, updates by way of temporary tables, and the
// ids that the writer gives. Transactions are the caller's.
//
// The first statement of a batch inserts its ledger row, so that a repeat waits
// for the one that is in doubt. Where tables refer to each other (devices and
// lifecycle_epochs) rows of both go in by one statement.
//
// Threads: as its connection.
// Errors: after one the transaction is of no use any more; the caller rolls
// back and calls Undo().
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_ROWS_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_ROWS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "storage/backend.h"
#include "storage/batch_order.h"
#include "storage/postgres/postgres_connection.h"
#include "storage/postgres/postgres_copy.h"
#include "storage/postgres/postgres_ids.h"
#include "storage/postgres/postgres_insert.h"

namespace tillstorm {

struct PostgresRowsOptions {
  LoadPath load = LoadPath::kCopy;
  // Rows are written as if they were old (COPY ... FREEZE). REQUIRES: the
  // tables were made in the transaction that fills them.
  bool freeze = false;
  // Tables have no foreign keys yet.
  bool keys_later = false;
};

class PostgresRows {
 public:
  // Borrows both, which must outlive it.
  PostgresRows(const PostgresRowsOptions& options,
               PostgresConnection* connection, WriterIds* ids);

  // Ids go on after the largest ones in the tables.
  Status FindNextIds();
  // The ledger row and the events. REQUIRES: inside a transaction.
  Status WriteBatch(const Batch& batch);
  // Replaces what is there. REQUIRES: inside a transaction.
  Status WriteManifest(const Manifest& manifest);
  // Gives back the ids of the last batch, which was rolled back.
  void Undo();
  // It was committed: its ids are taken for good.
  void Keep() {
    taken_.clear();
    new_update_tables_.clear();
  }

 private:
  struct TakenIds {
    TableId table{};
    int64_t first = 0;
    int64_t count = 0;
  };

  template <class Row>
  Status InsertRow(const Row& row);
  Status WriteLedgerRow(const LedgerEntry& entry);
  Status WriteGroup(const EventGroup& group);
  Status InsertRows(const TableInfo& table, EventSpan events);
  Status InsertOneByOne(const TableInfo& table, EventSpan events,
                        int64_t first_id);
  [[nodiscard]] bool GoesThroughStage(const TableInfo& table) const;
  Status Stage(const TableInfo& table, EventSpan events);
  Status Unstage();
  Status MakeUpdateTable(const TableInfo& table);
  Status UpdateRows(const TableInfo& table, EventSpan events);
  Status FindMissingRow(const TableInfo& table);
  [[nodiscard]] Result<int64_t> TakeIds(const TableInfo& table, size_t count);
  [[nodiscard]] Result<PostgresInsert*> InsertOf(const TableInfo& table);

  // COPY of payloads: begin, any number of rows, end.
  Status BeginCopy(std::string_view into, const CopyRow& row, bool freeze,
                   std::string doing);
  Status CopyOne(const CopyRow& row, Bytes payload, int64_t id);
  Status EndCopy();
  Status SendCopy();

  const PostgresRowsOptions options_;
  PostgresConnection& connection_;
  WriterIds& ids_;
  std::vector<CopyRow> inserts_;  // by table
  std::vector<CopyRow> updates_;
  std::array<std::optional<PostgresInsert>, kTableCount> insert_statements_;
  std::vector<TakenIds> taken_;  // by the last batch
  std::vector<TableId> staged_;  // in the batch at hand
  // Temporary tables that this connection has, and those of them that go if the
  // batch at hand does.
  std::set<TableId> update_tables_;
  std::vector<TableId> new_update_tables_;
  BatchOrder order_;
  UpdateFolder folder_;
  std::vector<std::byte> row_;  // encoding of a row of ours

  std::vector<char> copied_;  // of the COPY at hand, not yet sent
  size_t copied_size_ = 0;
  std::string doing_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_ROWS_H_
