#include "harness/core/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/core/check.h"

namespace tillstorm {

HistogramLayout::HistogramLayout(int64_t lowest, int64_t highest, int digits)
    : lowest_(lowest), highest_(highest), digits_(digits) {
  TS_CHECK(lowest >= 1 && highest / 2 >= lowest);
  TS_CHECK(digits >= 1 && digits <= 5);
  uint64_t values = 2;
  for (int i = 0; i < digits; ++i) values *= 10;
  // The powers of two that are at most `lowest` and at least `values`.
  unit_bits_ =
      static_cast<int>(std::bit_width(static_cast<uint64_t>(lowest))) - 1;
  sub_bits_ = static_cast<int>(std::bit_width(values - 1));
  TS_CHECK(unit_bits_ + sub_bits_ < 62);
  mask_ = ((uint64_t{1} << sub_bits_) - 1) << unit_bits_;
  buckets_ = BucketOf(highest) + 1;
}

int64_t HistogramLayout::LargestOf(size_t bucket) const {
  const size_t half = size_t{1} << (sub_bits_ - 1);
  // The first octave has twice as many buckets: it begins at zero.
  const int octave =
      bucket < 2 * half ? 0 : static_cast<int>(bucket / half) - 1;
  const auto sub = static_cast<int64_t>(bucket - octave * half);
  return ((sub + 1) << (octave + unit_bits_)) - 1;
}

void Histogram::Record(int64_t value, int64_t count) {
  TS_DCHECK(count >= 0);
  if (count == 0) return;
  value = std::max<int64_t>(value, 0);
  count_ += count;
  max_ = std::max(max_, value);
  if (value > layout_.highest()) {
    out_of_range_ += count;
  } else {
    counts_[layout_.BucketOf(value)] += count;
  }
}

void Histogram::Clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  count_ = 0;
  out_of_range_ = 0;
  max_ = 0;
}

Histogram Histogram::Restore(const HistogramLayout& layout,
                             std::span<const int64_t> counts,
                             int64_t out_of_range, int64_t max) {
  TS_CHECK(counts.size() <= layout.buckets());
  TS_CHECK(out_of_range >= 0 && max >= 0);
  Histogram histogram(layout);
  std::copy(counts.begin(), counts.end(), histogram.counts_.begin());
  histogram.out_of_range_ = out_of_range;
  histogram.max_ = max;
  histogram.count_ =
      std::accumulate(counts.begin(), counts.end(), out_of_range);
  TS_CHECK(histogram.count_ >= 0);
  return histogram;
}

void Histogram::Add(const Histogram& other) {
  TS_CHECK(layout_ == other.layout_);
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  out_of_range_ += other.out_of_range_;
  max_ = std::max(max_, other.max_);
}

int64_t Histogram::Percentile(double percent) const {
  TS_CHECK(percent >= 0 && percent <= 100);
  // As HdrHistogram: of the first rank that so many reach, where one that is a
  // whole number may come out of the division a little above it.
  const double exact = percent / 100 * static_cast<double>(count_);
  const double below = 2 * exact - std::nextafter(exact, HUGE_VAL);
  auto left = std::max<int64_t>(1, static_cast<int64_t>(std::ceil(below)));
  for (size_t i = 0; i < counts_.size(); ++i) {
    left -= counts_[i];
    if (left <= 0) return std::min(layout_.LargestOf(i), max_);
  }
  return max_;
}

// Every order in this class is relaxed: counters tell nothing about each other
// or about other memory.

void SharedHistogram::Record(int64_t value) noexcept {
  value = std::max<int64_t>(value, 0);
  if (value > layout_.highest()) {
    out_of_range_.fetch_add(1, std::memory_order_relaxed);
  } else {
    counts_[layout_.BucketOf(value)].fetch_add(1, std::memory_order_relaxed);
  }
  int64_t max = max_.load(std::memory_order_relaxed);
  while (value > max &&
         !max_.compare_exchange_weak(max, value, std::memory_order_relaxed)) {
  }
}

Histogram SharedHistogram::Read() const {
  Histogram histogram(layout_);
  histogram.max_ = max_.load(std::memory_order_relaxed);
  histogram.out_of_range_ = out_of_range_.load(std::memory_order_relaxed);
  histogram.count_ = histogram.out_of_range_;
  for (size_t i = 0; i < counts_.size(); ++i) {
    histogram.counts_[i] = counts_[i].load(std::memory_order_relaxed);
    histogram.count_ += histogram.counts_[i];
  }
  return histogram;
}

}  // namespace tillstorm
