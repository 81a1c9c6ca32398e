// What PostgreSQL's own client takes to copy a file into a table: the ceiling
// of whatever else writes rows through one connection.
//
// The file is in the page cache, and so is what the backend works with: the
// session copies the file once before it counts, because a backend that touches
// shared memory for the first time pays more for that than for the rows. psql's
// \timing says how long the second time took, so that its start is not counted.
//
// Threads: any, one table at a time.
// Errors: kUnavailable where psql is missing or fails, with what it said.
#ifndef TILLSTORM_BENCH_PSQL_COPY_H_
#define TILLSTORM_BENCH_PSQL_COPY_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "harness/core/status.h"

namespace tillstorm {

enum class CopyFormat : uint8_t { kText, kBinary };

// Rows of a table in a file, as \copy reads and writes them.
struct CopyFile {
  std::string table;
  std::string path;
  CopyFormat format = CopyFormat::kText;
};

struct CopyCost {
  double seconds = 0;         // by the clock
  double server_seconds = 0;  // on a processor, of the backend
};

// All rows of the table, into the file.
Status WriteCopyFile(const std::string& conninfo, const CopyFile& file);

// Leaves the table with the rows of the file and no others. The transaction is
// not waited for (synchronous_commit=off).
// REQUIRES: the server runs on this machine, and the user may CHECKPOINT.
[[nodiscard]] Result<CopyCost> TimeCopyFile(const std::string& conninfo,
                                            const CopyFile& file);

// Seconds that a process was on a processor so far, by the system's account of
// it; 0 when there is none.
[[nodiscard]] double ProcessorSeconds(pid_t process);

}  // namespace tillstorm

#endif  // TILLSTORM_BENCH_PSQL_COPY_H_
