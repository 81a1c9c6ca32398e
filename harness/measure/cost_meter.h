// CostMeter: what a stretch of time cost this process and the servers that it
// drives.
//
//   client CPU   getrusage(): user and system time of all threads
//   server CPU   /proc/PID/stat of a server of our own and its children
//   written      write_bytes of /proc/PID/io, of this process and its server:
//                bytes sent to storage, not those given to the page cache that
//                are still there
//   memory       getrusage(): the most that this process ever had
//   syncs        CountSyncs() says
//
// Threads: one. Errors: what cannot be read is empty. Of a server that somebody
// else runs nothing is known.
#ifndef TILLSTORM_HARNESS_MEASURE_COST_METER_H_
#define TILLSTORM_HARNESS_MEASURE_COST_METER_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "storage/location.h"

namespace tillstorm {

struct CostSample {
  std::chrono::microseconds client_cpu{0};
  std::optional<std::chrono::microseconds> server_cpu;
  // Of both when there is a server.
  std::optional<int64_t> written_bytes;
  int64_t rss_max_bytes = 0;
};

// Where the rows end up, as far as somebody else writes them for us.
enum class CostServer : uint8_t {
  kNone,   // this process writes
  kSeen,   // `process` is its topmost
  kUnseen  // such as one on another machine
};
struct CostSubject {
  CostServer server = CostServer::kNone;
  int process = 0;
};

// `root` stands before /proc, for tests.
[[nodiscard]] CostSample SampleCost(const CostSubject& subject,
                                    const std::string& root = {});
// The memory is that of the end, everything else what was added.
[[nodiscard]] CostSample CostBetween(const CostSample& begin,
                                     const CostSample& end);

// How often files were brought to the disk so far. SQLite: counted in this
// process (storage/sqlite/sqlite_syncs.h). PostgreSQL: pg_stat_wal.wal_sync of
// the whole server, and from version 16 on the fsyncs of pg_stat_io, those of
// checkpoints included; the server may be a second behind with its counting.
// Nothing where that is not counted: before version 14, and with a
// wal_sync_method that opens its files for synchronous writing.
[[nodiscard]] std::optional<int64_t> CountSyncs(Engine engine,
                                                Backend& backend);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_COST_METER_H_
