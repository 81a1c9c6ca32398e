// RowStatement: a prepared INSERT or UPDATE that is fed straight from the
// encoding of a row (row_codec.h). The hot path of the writer: nothing is
// allocated per row, texts are bound where they lie in the event block.
//
// Threads: as its connection.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_STATEMENT_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_STATEMENT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/core/column.h"
#include "harness/core/schema.h"
#include "harness/core/status.h"
#include "storage/sqlite/sqlite_db.h"

namespace tillstorm {

class RowStatement {
 public:
  // INSERT of a whole row, `id` included even where the writer gives it.
  [[nodiscard]] static Result<RowStatement> Insert(const TableInfo& table,
                                                   SqliteDb* db);
  // UPDATE of every column that can change, of the row with an `id`.
  // REQUIRES: the table has pure ids and a column that can change.
  [[nodiscard]] static Result<RowStatement> Update(const TableInfo& table,
                                                   SqliteDb* db);

  // UPDATE of the columns that are current state, of the row with an `id`; its
  // payload is that of an update, or of an INSERT. For rows that HOMEPOT made.
  [[nodiscard]] static Result<RowStatement> UpdateState(const TableInfo& table,
                                                        SqliteDb* db);
  [[nodiscard]] static Result<RowStatement> TakeOver(const TableInfo& table,
                                                     SqliteDb* db);

  // The id of the next row. REQUIRES: an INSERT where the writer gives it.
  void BindId(int64_t id) {
    sqlite3_bind_int64(statement_.get(), id_parameter_, id);
  }
  // Executes once with the values of `payload`, which must stay valid during
  // the call only. Returns SQLITE_OK or SQLite's extended code.
  [[nodiscard]] int Execute(Bytes payload);

 private:
  struct Slot {
    ColumnType type{};
    int parameter = 0;    // 0: the value is not used
    bool is_null = true;  // what the parameter is bound to now
    int64_t micros = -1;  // the time that `text` shows, or -1
    std::array<char, 32> text{};
  };

  [[nodiscard]] int Bind(Bytes payload);
  [[nodiscard]] int BindValue(Slot* slot, const std::byte** at);
  [[nodiscard]] int BindTime(Slot* slot, int64_t micros);
  // The update of `assigned` columns, fed with `carried` ones.
  template <class IsCarried, class IsAssigned>
  static Result<RowStatement> MakeUpdate(const TableInfo& table,
                                         IsCarried&& is_carried,
                                         IsAssigned&& is_assigned,
                                         SqliteDb* db);
  void AddSlot(ColumnType type, int parameter);

  SqliteStatement statement_;
  std::vector<Slot> slots_;  // in the order of the encoding
  int id_parameter_ = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_STATEMENT_H_
