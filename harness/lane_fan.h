// LaneFan: writes an ordered stream of events through several lanes at once,
// each a BatchWriter with a session and a thread of its own.
//
//   Add(window) --> by owner --> lane 0..n-1 --> Session
//
// All events of an owner go through one lane, so they stay in order. Between
// lanes there is no order: for engines and stages where rows of one lane do not
// wait for those of another.
//
// Threads: one owner; lanes have theirs.
// Errors: the first one of a lane shows in the next Add() or Flush().
// Memory: events are borrowed until committed() has passed their window. A lane
// that has held windows for long commits what it has, however little.
#ifndef TILLSTORM_HARNESS_LANE_FAN_H_
#define TILLSTORM_HARNESS_LANE_FAN_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "harness/batch_writer.h"
#include "harness/core/digest.h"
#include "harness/core/event.h"
#include "harness/core/status.h"
#include "storage/backend.h"

namespace tillstorm {

class LaneFan {
 public:
  // Borrows the sessions; lane i writes through sessions[i].
  LaneFan(const std::vector<Session*>& sessions,
          const BatchWriterOptions& options);
  ~LaneFan();  // ends the lanes; what is not committed is dropped
  LaneFan(const LaneFan&) = delete;
  LaneFan& operator=(const LaneFan&) = delete;

  // The next window of events, in total order. Waits while lanes are behind.
  Status Add(std::span<const Event* const> events);
  // Commits everything and ends the lanes. Call it once, last.
  Status Flush();
  // Ends the lanes without what is not committed; after Flush() without effect.
  // From then on no event is borrowed.
  void Drop();

  // How many of the first windows are committed altogether.
  [[nodiscard]] int64_t committed() const;
  // Of what is committed; after Flush() all of it.
  [[nodiscard]] Digest digest() const;
  [[nodiscard]] int64_t rows() const;
  [[nodiscard]] int64_t bytes() const;
  [[nodiscard]] int64_t batches() const;
  // The instant that every lane has come to.
  [[nodiscard]] Instant last_instant() const;

 private:
  class Lane;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_LANE_FAN_H_
