// EngineCeiling: how fast an engine takes rows when nothing of tillstorm is in
// its way; the references that a benchmark is held against.
//
//   TimeLoop()     what a program written by hand for these rows would do: one
//                  thread, rows formatted beforehand in memory, the run's load
//                  path, the same rows per commit; nothing is generated, hashed
//                  or recorded meanwhile
//   TimeEngine()   the rows that the loop left, by the engine alone
//   TimeRawCopy()  the bytes that the loop left, copied without the engine
//
// Each works in a throw-away place of its own beside the location: a file in
// the same folder, a schema of the same database; with the settings, durability
// and indexes of the run. It is gone when the ceiling is.
//
// Threads: one. Errors: as of a Session; kInterrupted soon after `stop` turned
// true: after the batch at hand, or the piece of a copy.
#ifndef TILLSTORM_STORAGE_ENGINE_CEILING_H_
#define TILLSTORM_STORAGE_ENGINE_CEILING_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "harness/core/event.h"
#include "harness/core/status.h"
#include "storage/backend.h"

namespace tillstorm {

struct EngineCeilingOptions {
  Durability durability = Durability::kProcess;
  // kDeferred: there are none while rows are written, and none is built.
  IndexMode indexes = IndexMode::kInline;
  LoadPath load = LoadPath::kCopy;  // of the loop
  uint32_t batch_rows = 10'000;     // events per commit, at least 1
};

// What is written. Borrowed until the next TimeLoop() or the ceiling's end.
struct CeilingRows {
  // What must be there before: the fleet. Not timed.
  std::span<const Batch> opening;
  // As agents of a live run emit them, each row's in order.
  std::span<const Event* const> events;
};

struct CeilingTime {
  int64_t rows = 0;  // written, whole commits only
  std::chrono::nanoseconds time{0};
  std::chrono::nanoseconds cpu{0};  // of this thread alone
  std::string how;                  // one line: what was done

  [[nodiscard]] double rows_per_s() const {
    return static_cast<double>(rows) /
           std::chrono::duration<double>(time).count();
  }
};

class EngineCeiling {
 public:
  virtual ~EngineCeiling() = default;

  // An update counts as a row, also where several of one row in a commit became
  // one, as they do in a run. Ends after the commit during which `longest` went
  // by, or with the events.
  virtual Result<CeilingTime> TimeLoop(const CeilingRows& rows,
                                       std::chrono::nanoseconds longest) = 0;
  // REQUIRES for both: TimeLoop() was ok.
  virtual Result<CeilingTime> TimeEngine() = 0;
  // Nothing for an engine whose bytes are not ours to copy.
  virtual Result<std::optional<CeilingTime>> TimeRawCopy() {
    return std::optional<CeilingTime>();
  }
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_ENGINE_CEILING_H_
