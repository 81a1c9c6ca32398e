// PostgresLoop: the loop that a program written by hand for these rows would
// run: buffers of a binary COPY encoded beforehand, sent table by table, or a
// prepared INSERT per row, and COMMIT every so many rows. No generation, no
// digest, no ledger.
//
// Batches: table by table in foreign-key order, inserts before updates; updates
// go by way of temporary tables, of several of a row in a commit the last one
// only, as PostgresRows does.
//
// Threads: as its connection.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_LOOP_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_LOOP_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "storage/batch_order.h"
#include "storage/engine_ceiling.h"
#include "storage/postgres/postgres_connection.h"
#include "storage/postgres/postgres_copy.h"
#include "storage/postgres/postgres_ids.h"
#include "storage/postgres/postgres_insert.h"

namespace tillstorm {

// Bytes handed to libpq at once.
inline constexpr size_t kLoopSendBytes = 64UL << 10;

struct PostgresLoopOptions {
  uint32_t batch_rows = 10'000;
  // Everything is one transaction, which the caller began, into tables that
  // were made in it.
  bool is_one_transaction = false;
  LoadPath load = LoadPath::kCopy;  // of inserts; updates as PostgresRows
};

class PostgresLoop {
 public:
  PostgresLoop(const PostgresLoopOptions& options, std::string shown);
  PostgresLoop(const PostgresLoop&) = delete;
  PostgresLoop& operator=(const PostgresLoop&) = delete;

  // Encodes the events, which are not needed afterwards. `ids` gives those that
  // are the writer's.
  Status Prepare(EventSpan events, WriterIds* ids);
  // Writes them; see EngineCeiling. Temporary tables and statements that are
  // not there yet are made before the clock runs.
  [[nodiscard]] Result<CeilingTime> Run(std::chrono::nanoseconds longest,
                                        const std::atomic<bool>& stop,
                                        PostgresConnection* connection);
  // The inserts of a table that Prepare() encoded, piece by piece: rows only,
  // without header and trailer. Returns how many rows there are.
  int64_t ForEachInsert(
      TableId table, const std::function<void(std::string_view)>& visit) const;
  [[nodiscard]] std::string CopySql(const TableInfo& table) const;

 private:
  // Rows of one table and kind in one commit.
  struct Group {
    TableId table{};
    EventOp op{};
    int64_t rows = 0;
    std::vector<char> encoded;
  };
  struct Commit {
    std::vector<Group> groups;
    int64_t events = 0;
  };

  Status AddCommit(EventSpan events, WriterIds* ids);
  Status Encode(const EventGroup& from, WriterIds* ids, Group* group);
  Status MakeUpdateTables(PostgresConnection* connection) const;
  Status PrepareInserts(PostgresConnection* connection);
  // Of all commits.
  [[nodiscard]] std::set<TableId> TablesWith(EventOp op) const;
  Status WriteCommit(const Commit& commit, PostgresConnection* connection);
  Status WriteGroup(const Group& group, PostgresConnection* connection);
  Status InsertOneByOne(const Group& group, const std::string& doing);
  Status Copy(const std::string& sql, const Group& group,
              const std::string& doing, PostgresConnection* connection) const;

  const PostgresLoopOptions options_;
  const std::string shown_;
  std::vector<CopyRow> inserts_;  // by table
  std::vector<CopyRow> updates_;
  std::vector<Commit> commits_;
  std::map<TableId, PostgresInsert> insert_statements_;  // of one Run()
  BatchOrder order_;
  UpdateFolder folder_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_LOOP_H_
