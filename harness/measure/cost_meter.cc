#include "harness/measure/cost_meter.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <span>

#include "harness/core/check.h"
#include "harness/measure/process_usage.h"
#include "harness/system_file.h"
#include "storage/sqlite/sqlite_syncs.h"

namespace tillstorm {
namespace {

std::chrono::microseconds ToMicros(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::microseconds(time.tv_usec);
}

template <class Value>
std::optional<Value> Difference(const std::optional<Value>& begin,
                                const std::optional<Value>& end) {
  if (!begin || !end) return std::nullopt;
  return *end - *begin;
}

// The first column of the first row; nothing when the server does not know what
// is asked for. On a connection of its own: an error ends its transaction.
std::optional<int64_t> AskServer(const std::string& sql, Backend& backend) {
  const auto queries = backend.OpenQueries();
  if (!queries.ok()) return std::nullopt;
  std::optional<int64_t> answer;
  const Status status = (*queries)->Query(sql, [&answer](QueryRow row) {
    if (!row[0].is_null()) answer = static_cast<int64_t>(row[0].number());
    return false;
  });
  return status.ok() ? answer : std::nullopt;
}

}  // namespace

std::optional<int64_t> CountSyncs(Engine engine, Backend& backend) {
  if (engine == Engine::kSqlite) return CountSqliteSyncs();
  if (engine == Engine::kNull) return 0;
  constexpr const char* kIsCounted =
      "current_setting('wal_sync_method') NOT LIKE 'open%'";
  // Of versions 16 and 17, of 18 and later, of 14 and 15.
  for (const char* count :
       {"(SELECT wal_sync FROM pg_stat_wal)+(SELECT sum(fsyncs) FROM "
        "pg_stat_io)",
        "(SELECT sum(fsyncs) FROM pg_stat_io)",
        "(SELECT wal_sync FROM pg_stat_wal)"}) {
    const auto syncs = AskServer(
        fmt::format("SELECT {} WHERE {}", count, kIsCounted), backend);
    if (syncs) return syncs;
  }
  return std::nullopt;
}

CostSample SampleCost(const CostSubject& subject, const std::string& root) {
  CostSample sample;
  rusage usage{};
  TS_CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  sample.client_cpu = ToMicros(usage.ru_utime) + ToMicros(usage.ru_stime);
  sample.rss_max_bytes = int64_t{usage.ru_maxrss} * 1024;
  if (subject.server == CostServer::kUnseen) return sample;
  sample.written_bytes = ReadField(root + "/proc/self/io", "write_bytes:");
  if (subject.server == CostServer::kNone) return sample;
  const auto server = ReadUsage(std::span(&subject.process, 1), root);
  if (!server || !server->written_bytes) sample.written_bytes.reset();
  if (!server) return sample;
  sample.server_cpu = server->cpu;
  if (sample.written_bytes) *sample.written_bytes += *server->written_bytes;
  return sample;
}

CostSample CostBetween(const CostSample& begin, const CostSample& end) {
  CostSample cost;
  cost.client_cpu = end.client_cpu - begin.client_cpu;
  cost.server_cpu = Difference(begin.server_cpu, end.server_cpu);
  cost.written_bytes = Difference(begin.written_bytes, end.written_bytes);
  cost.rss_max_bytes = end.rss_max_bytes;
  return cost;
}

}  // namespace tillstorm
