#include "harness/plain_lines.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "harness/dashboard_table.h"
#include "harness/dashboard_text.h"
#include "harness/progress_line.h"

namespace tillstorm {
namespace {

int64_t Sum(const std::array<int64_t, kTableCount>& rows) {
  int64_t sum = 0;
  for (const TableId table : AllRows().tables) sum += rows[Index(table)];
  return sum;
}

std::string WholeSeconds(std::chrono::nanoseconds duration) {
  return CompactDuration(
      std::chrono::duration_cast<std::chrono::seconds>(duration));
}

std::string RowsPerSecond(int64_t rows, std::chrono::nanoseconds time) {
  const double seconds = std::chrono::duration<double>(time).count();
  if (seconds < 1) return std::string(kUnknown);
  return CompactCount(static_cast<double>(rows) / seconds);
}

}  // namespace

std::string PlainCollectText(const CollectSnapshot* before,
                             const CollectSnapshot& now) {
  std::string text = WholeSeconds(now.elapsed);
  if (now.remaining)
    text += fmt::format(", {} left", WholeSeconds(*now.remaining));
  const int64_t gained = Sum(now.rows_new);
  text += fmt::format("  {} rows ({})", GroupedCount(Sum(now.rows_total)),
                      FittedGain(gained, 16));
  text += fmt::format(
      "  {} rows/s",
      before == nullptr
          ? RowsPerSecond(gained, now.elapsed)
          : RowsPerSecond(Sum(now.rows_total) - Sum(before->rows_total),
                          now.taken - before->taken));
  text += fmt::format("  lag {}",
                      now.lag ? LatencyText(*now.lag) : std::string(kUnknown));
  text += fmt::format("  limit {}", now.limit ? Name(*now.limit) : kUnknown);
  // What is usual goes without saying.
  if (now.phase != CollectPhase::kCollecting &&
      now.phase != CollectPhase::kWatching) {
    text += fmt::format("  {}", Name(now.phase));
  }
  return text;
}

PlainLines::PlainLines(int descriptor, std::chrono::milliseconds interval)
    : descriptor_(descriptor),
      interval_(interval),
      next_(std::chrono::steady_clock::now() + interval) {}

bool PlainLines::Due() const {
  return error_ == 0 && std::chrono::steady_clock::now() >= next_;
}

void PlainLines::Show(const CollectSnapshot& snapshot) {
  next_ = std::chrono::steady_clock::now() + interval_;
  const std::string line =
      "tillstorm: " +
      PlainCollectText(before_ ? &*before_ : nullptr, snapshot) + "\n";
  before_ = snapshot;
  if (error_ != 0 || write(descriptor_, line.data(), line.size()) >= 0) return;
  // A signal cut it short, or a pipe of somebody else's does not block.
  if (errno != EINTR && errno != EAGAIN) error_ = errno;
}

}  // namespace tillstorm
