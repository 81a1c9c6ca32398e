// PostgresCeiling: how fast a PostgreSQL server takes rows without tillstorm
// (EngineCeiling).
//
//   loop    PostgresLoop: one connection, binary COPY or a prepared INSERT per
//           row, as the run, and commits
//   engine  binary COPY from a file, as psql's \copy would send it: one stream
//           per table, one after another; inserts only
//
// Each fills a schema of its own (PostgresScratch) on a connection of its own.
// The file is in $TMPDIR or /tmp and has no name.
//
// Threads: one.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_CEILING_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_CEILING_H_

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "storage/engine_ceiling.h"
#include "storage/postgres/postgres_connection.h"
#include "storage/postgres/postgres_ids.h"
#include "storage/postgres/postgres_loop.h"
#include "storage/postgres/postgres_scratch.h"
#include "storage/postgres/spool_file.h"

namespace tillstorm {

class PostgresCeiling : public EngineCeiling {
 public:
  // `stop` is borrowed.
  PostgresCeiling(PostgresConnectOptions connect,
                  const EngineCeilingOptions& options,
                  const std::atomic<bool>& stop)
      : connect_(std::move(connect)), options_(options), stop_(stop) {}

  Result<CeilingTime> TimeLoop(const CeilingRows& rows,
                               std::chrono::nanoseconds longest) override;
  Result<CeilingTime> TimeEngine() override;

 private:
  // Where the stream of a table is in the file.
  struct Stream {
    const TableInfo* table;
    SpoolFile::Range range;
  };

  // A schema with tables and those rows, ready to be written as the run does
  // it.
  [[nodiscard]] Result<std::unique_ptr<PostgresScratch>> MakePlace(
      WriterIds* ids) const;
  Status CreateSchema(PostgresConnection* connection) const;
  [[nodiscard]] Result<std::vector<Stream>> WriteStreams(SpoolFile* file,
                                                         int64_t* rows) const;
  Status Send(const Stream& stream, const SpoolFile& file,
              PostgresConnection* connection) const;
  [[nodiscard]] bool is_bulk() const {
    return options_.durability == Durability::kBulk;
  }

  const PostgresConnectOptions connect_;
  const EngineCeilingOptions options_;
  const std::atomic<bool>& stop_;
  std::span<const Batch> opening_;
  std::unique_ptr<PostgresLoop> loop_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_CEILING_H_
