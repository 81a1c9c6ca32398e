// Histogram: how often which value occurred, in log-linear buckets with the
// layout of HdrHistogram, so that percentiles agree with its.
//
// A layout covers [0, highest] with a resolution of `lowest` or of one part in
// 10^digits, whichever is coarser. Memory: 8 bytes per bucket; 1 us to 1 h in
// nanoseconds takes 27 KiB at 2 digits and 189 KiB at 3.
//
// A value above `highest` is not clipped: it is counted apart, it shows in
// max(), and a percentile that falls on one gives max().
//
// Threads: Histogram is a value with one owner; SharedHistogram takes records
// from any thread and is read while it is written.
#ifndef TILLSTORM_HARNESS_CORE_HISTOGRAM_H_
#define TILLSTORM_HARNESS_CORE_HISTOGRAM_H_

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tillstorm {

class HistogramLayout {
 public:
  // REQUIRES: lowest >= 1, highest >= 2 * lowest, digits in [1, 5].
  HistogramLayout(int64_t lowest, int64_t highest, int digits);

  // Latencies in nanoseconds, 1 us to 1 h.
  static HistogramLayout Latency(int digits) {
    return {1'000, 3'600'000'000'000, digits};
  }

  [[nodiscard]] size_t buckets() const { return buckets_; }
  [[nodiscard]] int64_t lowest() const { return lowest_; }
  [[nodiscard]] int64_t highest() const { return highest_; }
  [[nodiscard]] int digits() const { return digits_; }
  // REQUIRES: 0 <= value <= highest().
  [[nodiscard]] size_t BucketOf(int64_t value) const {
    const auto bits = static_cast<uint64_t>(value) | mask_;
    const int octave =
        static_cast<int>(std::bit_width(bits)) - unit_bits_ - sub_bits_;
    const auto sub = static_cast<size_t>(value >> (octave + unit_bits_));
    return (static_cast<size_t>(octave) << (sub_bits_ - 1)) + sub;
  }
  // The largest value of a bucket.
  [[nodiscard]] int64_t LargestOf(size_t bucket) const;

  friend bool operator==(const HistogramLayout&,
                         const HistogramLayout&) = default;

 private:
  int64_t lowest_;
  int64_t highest_;
  int digits_;
  int unit_bits_;  // values that differ below these bits are the same
  int sub_bits_;   // an octave has 2^(sub_bits_ - 1) buckets
  uint64_t mask_;  // the values of the first octaves, which are linear
  size_t buckets_;
};

class Histogram {
 public:
  explicit Histogram(const HistogramLayout& layout)
      : layout_(layout), counts_(layout.buckets()) {}

  // A negative value counts as 0.
  void Record(int64_t value) { Record(value, 1); }
  // As `count` records of the same value. REQUIRES: count >= 0.
  void Record(int64_t value, int64_t count);
  // REQUIRES: the same layout.
  void Add(const Histogram& other);
  // Begins again, with nothing recorded.
  void Clear();

  // What another histogram held, exactly: counts() without the zeros at the
  // end, out_of_range() and max().
  // REQUIRES: at most layout.buckets() counts, none negative, nor the sum of
  // them all.
  [[nodiscard]] static Histogram Restore(const HistogramLayout& layout,
                                         std::span<const int64_t> counts,
                                         int64_t out_of_range, int64_t max);

  [[nodiscard]] const HistogramLayout& layout() const { return layout_; }
  // By bucket of the layout.
  [[nodiscard]] std::span<const int64_t> counts() const { return counts_; }
  [[nodiscard]] int64_t count() const { return count_; }  // out of range too
  [[nodiscard]] int64_t out_of_range() const { return out_of_range_; }
  [[nodiscard]] int64_t max() const { return max_; }  // exact; 0 if empty
  // The value that `percent` of all values do not exceed: the largest of its
  // bucket, never more than max(). 0 when empty. REQUIRES: in [0, 100].
  [[nodiscard]] int64_t Percentile(double percent) const;

 private:
  friend class SharedHistogram;

  HistogramLayout layout_;
  std::vector<int64_t> counts_;
  int64_t count_ = 0;
  int64_t out_of_range_ = 0;
  int64_t max_ = 0;
};

// One for many threads: 10,000 runners with a histogram each would take more
// memory than their stacks.
class SharedHistogram {
 public:
  explicit SharedHistogram(const HistogramLayout& layout)
      : layout_(layout), counts_(layout.buckets()) {}

  void Record(int64_t value) noexcept;
  // What was recorded so far; a record that goes on may be missing.
  [[nodiscard]] Histogram Read() const;

 private:
  const HistogramLayout layout_;
  std::vector<std::atomic<int64_t>> counts_;
  std::atomic<int64_t> out_of_range_{0};
  std::atomic<int64_t> max_{0};
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_HISTOGRAM_H_
