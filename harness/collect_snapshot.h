// CollectSnapshot: what a running collection looks like at one moment, for
// those who show it (dashboard, plain lines, the log). Plain values: whoever
// fills it reads atomics and short-locked copies; whoever draws it computes
// rates from two of them.
//
// Threads: a value.
#ifndef TILLSTORM_HARNESS_COLLECT_SNAPSHOT_H_
#define TILLSTORM_HARNESS_COLLECT_SNAPSHOT_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/core/instant.h"
#include "harness/core/schema.h"

namespace tillstorm {

enum class CollectPhase : uint8_t {
  kPreparing,  // preflight, opening the dataset, levelling, starting agents
  kCollecting,
  kClosing,    // the interval is being closed for all agents
  kPaused,     // between two intervals
  kDraining,   // after a stop: what is queued is committed
  kFinishing,  // checkpoint, settling the file
  kWatching,   // nothing of our own: somebody else's collection is shown
};
[[nodiscard]] std::string_view Name(CollectPhase phase);

// What keeps the collection from going faster.
enum class CollectLimit : uint8_t {
  kSchedule,  // nothing: agents wait for their time
  kAgents,    // agents are behind their time, or --speed max and the queue idle
  kQueue,     // agents wait for credits while the writer is not busy with the
              // engine
  kEngine,    // the engine is busy most of the time
};
[[nodiscard]] std::string_view Name(CollectLimit limit);

struct CollectSnapshot {
  using Clock = std::chrono::steady_clock;

  Clock::time_point taken{};
  CollectPhase phase = CollectPhase::kPreparing;
  std::chrono::nanoseconds elapsed{0};                // since the session began
  std::optional<std::chrono::nanoseconds> remaining;  // none: until stopped
  Instant virtual_now{};   // where the agents should be; zero: unknown
  std::string location;    // as the user wrote it; no secrets
  std::string durability;  // as read back from the engine

  // Acknowledged rows by table: in the dataset, and of this session.
  std::array<int64_t, kTableCount> rows_total{};
  std::array<int64_t, kTableCount> rows_new{};

  // Values that a reader of somebody else's database cannot know are empty
  // and shown as `-`.
  std::optional<int64_t> queue_rows;    // handed over, not yet acknowledged
  std::optional<int64_t> credits_left;  // blocks of the pool
  std::optional<int64_t> credits_total;
  std::optional<int64_t> batch_rows;  // of the last batch
  std::optional<int64_t> batches;     // of this session
  std::optional<std::chrono::nanoseconds> commit_p50;
  std::optional<std::chrono::nanoseconds> commit_p99;
  std::optional<std::chrono::nanoseconds> commit_max;
  std::optional<int64_t> wal_bytes;
  std::optional<int64_t> agents_alive;
  std::optional<int64_t> agents_total;
  std::optional<std::chrono::nanoseconds> lag;  // of the agent most behind
  std::optional<CollectLimit> limit;
  std::optional<Instant> last_commit;  // wall clock
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_COLLECT_SNAPSHOT_H_
