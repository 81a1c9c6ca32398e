// SqliteLoop: the loop that a program written by hand for these rows would run:
// every value formatted beforehand, then bind, step, and COMMIT every so many
// rows. No generation, no digest, no ledger.
//
// Batches: table by table in foreign-key order, inserts before updates; of
// several updates of a row in a commit the last one only, as SqliteRows does.
//
// Threads: as its connection.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_LOOP_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_LOOP_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/batch_order.h"
#include "storage/engine_ceiling.h"
#include "storage/sqlite/sqlite_db.h"
#include "storage/sqlite/sqlite_rows.h"

namespace tillstorm {

class SqliteLoop {
 public:
  // Borrows the connection. `next_ids`: where ids that the writer gives go on.
  SqliteLoop(SqliteDb* db, const SqliteRows::NextIds& next_ids)
      : db_(*db), next_ids_(next_ids) {}
  SqliteLoop(const SqliteLoop&) = delete;
  SqliteLoop& operator=(const SqliteLoop&) = delete;

  // Formats the events, whose texts stay borrowed, and prepares statements.
  Status Prepare(EventSpan events, uint32_t batch_rows);
  // Writes them; see EngineCeiling. Call it once, after Prepare().
  [[nodiscard]] Result<CeilingTime> Run(std::chrono::nanoseconds longest,
                                        const std::atomic<bool>& stop);

 private:
  // A value ready to be bound.
  struct Value {
    enum class Kind : uint8_t { kNull, kInteger, kDouble, kString, kBytes };
    Kind kind = Kind::kNull;
    int32_t size = 0;
    union {
      int64_t integer = 0;
      double real;
      const char* bytes;
    };
  };
  // Rows for one statement, flat.
  struct Group {
    sqlite3_stmt* statement = nullptr;
    std::string_view table;
    size_t columns = 0;
    std::vector<Value> values;
    [[nodiscard]] size_t rows() const { return values.size() / columns; }
  };
  struct Commit {
    std::vector<Group> groups;
    int64_t events = 0;
  };

  Status AddCommit(EventSpan events);
  Status AddInserts(const TableInfo& table, EventSpan events, Group* group);
  Status AddUpdates(const TableInfo& table, EventSpan events, Group* group);
  void AddValue(ColumnType type, const std::byte** at, Group* group);
  const char* KeepTime(ColumnType type, int64_t micros);
  [[nodiscard]] Result<sqlite3_stmt*> StatementOf(const TableInfo& table,
                                                  EventOp op);

  Status WriteCommit(const Commit& commit);
  Status WriteGroup(const Group& group);
  Status CheckChanges(int64_t before, size_t commits) const;

  SqliteDb& db_;
  SqliteRows::NextIds next_ids_;
  std::array<SqliteStatement, 2 * kTableCount> statements_;
  std::vector<Commit> commits_;
  std::vector<std::unique_ptr<char[]>> times_;  // texts, in chunks
  size_t times_used_ = 0;                       // of the last chunk
  BatchOrder order_;
  UpdateFolder folder_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_LOOP_H_
