#include "harness/snapshot_history.h"

#include <algorithm>

#include "harness/core/check.h"

namespace tillstorm {
namespace {

constexpr std::chrono::seconds kGraphMin{120};
// Snapshots of a dashboard that redraws often add little to a rate.
constexpr std::chrono::milliseconds kSampleInterval{400};
constexpr double kSecondsPerMinute = 60;

double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

std::optional<double> PerMinute(int64_t rows, std::chrono::nanoseconds time) {
  if (time < std::chrono::seconds(1)) return std::nullopt;
  return static_cast<double>(rows) * kSecondsPerMinute / Seconds(time);
}

size_t SlotsPerColumn(size_t columns) {
  const auto shown = static_cast<int64_t>(std::max<size_t>(columns, 1)) *
                     SnapshotHistory::kSlot.count();
  return static_cast<size_t>((kGraphMin.count() + shown - 1) / shown);
}

}  // namespace

void SnapshotHistory::Add(const CollectSnapshot& snapshot) {
  const Sample sample{snapshot.taken, snapshot.rows_total};
  if (!latest_ || latest_->phase == CollectPhase::kPreparing) {
    // What was there before is not gained.
    first_ = snapshot.taken;
    slot_begin_ = snapshot.rows_total;
    recent_.assign(1, sample);
  } else {
    TS_CHECK(snapshot.taken >= latest_->taken);
    AddSlots({latest_->taken, latest_->rows_total}, sample);
    if (sample.taken - recent_.back().taken >= kSampleInterval) {
      recent_.push_back(sample);
    }
    // The oldest one stays at least kNow old.
    while (recent_.size() > 1 && sample.taken - recent_[1].taken >= kNow) {
      recent_.pop_front();
    }
  }
  latest_ = snapshot;
}

void SnapshotHistory::AddSlots(const Sample& before, const Sample& after) {
  const double step = Seconds(after.taken - before.taken);
  // After a long stop (Ctrl-Z) only what can be shown is worth making.
  const int64_t ends = (after.taken - first_) / kSlot;
  slots_ended_ = std::max(slots_ended_, ends - static_cast<int64_t>(kSlotsMax));
  while (slots_ended_ < ends) {
    const auto edge = first_ + (slots_ended_ + 1) * kSlot;
    const double part =
        step > 0 ? std::clamp(Seconds(edge - before.taken) / step, 0.0, 1.0)
                 : 1.0;
    Counts gained{};
    for (size_t i = 0; i < kTableCount; ++i) {
      const auto grown = static_cast<double>(after.rows[i] - before.rows[i]);
      const int64_t at_edge =
          before.rows[i] + static_cast<int64_t>(grown * part);
      gained[i] = at_edge - slot_begin_[i];
      slot_begin_[i] = at_edge;
    }
    slots_.push_back(gained);
    if (slots_.size() > kSlotsMax) slots_.pop_front();
    ++slots_ended_;
  }
}

std::optional<double> SnapshotHistory::RateNow(TableId table) const {
  if (!latest_) return std::nullopt;
  const Sample& from = recent_.front();
  return PerMinute(latest_->rows_total[Index(table)] - from.rows[Index(table)],
                   latest_->taken - from.taken);
}

std::optional<double> SnapshotHistory::RateOfSession(TableId table) const {
  if (!latest_) return std::nullopt;
  return PerMinute(latest_->rows_new[Index(table)], latest_->elapsed);
}

std::chrono::seconds SnapshotHistory::GraphStep(size_t columns_max) {
  return kSlot * static_cast<int64_t>(SlotsPerColumn(columns_max));
}

std::vector<int64_t> SnapshotHistory::Graph(TableId table,
                                            size_t columns_max) const {
  std::vector<int64_t> columns;
  const auto group = static_cast<int64_t>(SlotsPerColumn(columns_max));
  const int64_t first_slot = slots_ended_ - static_cast<int64_t>(slots_.size());
  // Columns begin where they always have, so that a graph moves but does not
  // flicker.
  const int64_t last = slots_ended_ / group;
  const int64_t first = std::max((first_slot + group - 1) / group,
                                 last - static_cast<int64_t>(columns_max));
  for (int64_t column = first; column < last; ++column) {
    int64_t rows = 0;
    for (int64_t i = 0; i < group; ++i) {
      const auto slot = static_cast<size_t>(column * group + i - first_slot);
      rows += slots_[slot][Index(table)];
    }
    columns.push_back(rows);
  }
  return columns;
}

}  // namespace tillstorm
