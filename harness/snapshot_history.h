// SnapshotHistory: what a dashboard remembers of the snapshots it was shown:
// enough for a rate over the last seconds and for a graph of the last minutes.
//
// Graphs are made of slots of kSlot each, counted from the first snapshot. What
// a slot gained is interpolated at its edges, so that slots do not depend on
// when exactly snapshots come. Only slots that are over are shown. Nothing is
// kept of the time of preparation, in which totals are only being found out.
//
// Memory: fixed, about 250 kB.
// Threads: one owner.
#ifndef TILLSTORM_HARNESS_SNAPSHOT_HISTORY_H_
#define TILLSTORM_HARNESS_SNAPSHOT_HISTORY_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "harness/collect_snapshot.h"

namespace tillstorm {

class SnapshotHistory {
 public:
  static constexpr std::chrono::seconds kSlot{5};
  static constexpr size_t kSlotsMax = 720;  // an hour
  // What "now" means in a rate.
  static constexpr std::chrono::seconds kNow{10};

  // REQUIRES: snapshots come in the order of `taken`.
  void Add(const CollectSnapshot& snapshot);

  [[nodiscard]] bool empty() const { return !latest_.has_value(); }
  // REQUIRES: !empty().
  [[nodiscard]] const CollectSnapshot& latest() const { return *latest_; }

  // Rows a minute over the last kNow, or since the first snapshot if that was
  // later; nothing within its first second.
  [[nodiscard]] std::optional<double> RateNow(TableId table) const;
  // Rows a minute since the session began; nothing within its first second.
  [[nodiscard]] std::optional<double> RateOfSession(TableId table) const;

  // Rows gained in the last columns of a graph, oldest first, at most
  // `columns_max`. A column is one slot or several: as many as it takes for the
  // whole to show two minutes at least.
  [[nodiscard]] std::vector<int64_t> Graph(TableId table,
                                           size_t columns_max) const;
  // What a column of such a graph stands for.
  [[nodiscard]] static std::chrono::seconds GraphStep(size_t columns_max);

 private:
  using Counts = std::array<int64_t, kTableCount>;
  struct Sample {
    CollectSnapshot::Clock::time_point taken{};
    Counts rows{};
  };
  void AddSlots(const Sample& before, const Sample& after);

  std::optional<CollectSnapshot> latest_;
  CollectSnapshot::Clock::time_point first_{};
  std::deque<Sample> recent_;  // of the last kNow and a little more
  std::deque<Counts> slots_;   // gained, the newest last
  int64_t slots_ended_ = 0;    // since the first snapshot
  Counts slot_begin_{};        // rows when the running slot began
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_SNAPSHOT_HISTORY_H_
