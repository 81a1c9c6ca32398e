// SqliteCeiling: how fast SQLite takes rows without tillstorm (EngineCeiling).
//
//   loop      SqliteLoop
//   engine    INSERT INTO t SELECT * FROM attached.t over ranges of rowids, as
//             many rows per commit as the loop; with a WHERE, since without one
//             SQLite copies the records past its own SQL layer
//   raw copy  the pages of the loop's file, read and written in pieces of 1 MiB
//             and synced
//
// Each writes a file in a hidden directory beside the dataset's file.
//
// Threads: one.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_CEILING_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_CEILING_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/engine_ceiling.h"
#include "storage/sqlite/sqlite_db.h"
#include "storage/sqlite/sqlite_file.h"
#include "storage/sqlite/sqlite_rows.h"
#include "storage/sqlite/sqlite_setup.h"

namespace tillstorm {

class SqliteCeiling : public EngineCeiling {
 public:
  // `folder`: where throw-away directories are made, absolute; empty: where
  // throw-away datasets are. `stop` is borrowed.
  SqliteCeiling(std::string folder, const SqliteOptions& sqlite,
                const EngineCeilingOptions& options,
                const std::atomic<bool>& stop)
      : folder_(std::move(folder)),
        sqlite_(sqlite),
        options_(options),
        stop_(stop) {}

  Result<CeilingTime> TimeLoop(const CeilingRows& rows,
                               std::chrono::nanoseconds longest) override;
  Result<CeilingTime> TimeEngine() override;
  Result<std::optional<CeilingTime>> TimeRawCopy() override;

 private:
  // A throw-away dataset. In this order: the connection goes first.
  struct Place {
    std::unique_ptr<ThrowAwayDirectory> directory;
    std::unique_ptr<DatasetFile> file;
    SqliteDb db;
    SqliteRows::NextIds next_ids{};
  };
  // Rows of one table that are to be copied: rowids up to and including the
  // bound of a commit belong to it.
  struct TableCopy {
    SqliteStatement insert;
    std::string_view table;
    std::vector<int64_t> bounds;  // by commit
  };

  [[nodiscard]] Result<std::unique_ptr<ThrowAwayDirectory>> MakeDirectory()
      const;
  // With the schema and those rows, ready to be written as the run does it.
  [[nodiscard]] Result<Place> MakePlace(std::span<const Batch> opening) const;
  Status GoLive(Place* place) const;
  // Rows of a table that belong to the dataset.
  [[nodiscard]] Result<int64_t> CountRows(SqliteDb* db, std::string_view schema,
                                          const TableInfo& table) const;
  Status AttachLoop(SqliteDb* db) const;
  [[nodiscard]] Result<std::vector<TableCopy>> PlanCopy(Place* target,
                                                        int64_t* rows) const;
  [[nodiscard]] Result<TableCopy> PlanTable(Place* target,
                                            const TableInfo& table,
                                            int64_t rows,
                                            int64_t commits) const;
  Status CopyCommit(const std::vector<TableCopy>& tables, size_t commit,
                    SqliteDb* db) const;
  Status CopyBytes(const std::string& from, const std::string& to) const;
  [[nodiscard]] Status CheckStop(const std::string& shown) const;

  const std::string folder_;
  const SqliteOptions sqlite_;
  const EngineCeilingOptions options_;
  const std::atomic<bool>& stop_;
  std::optional<Place> loop_;  // its connection is closed
  int64_t loop_rows_ = 0;      // that are in it
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_CEILING_H_
