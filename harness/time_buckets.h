// TimeBuckets: digests per table and stretch of time, so that a difference of
// two datasets can be found in a small part of them.
//
// Rows of tables without an instant fall into bucket 0, rows whose instant is
// missing or lies outside the dataset into kOutside.
//
// Threads: one owner.
#ifndef TILLSTORM_HARNESS_TIME_BUCKETS_H_
#define TILLSTORM_HARNESS_TIME_BUCKETS_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include "harness/core/digest.h"
#include "harness/core/instant.h"
#include "harness/core/row_codec.h"
#include "harness/core/schema.h"

namespace tillstorm {

class TimeBuckets {
 public:
  static constexpr int64_t kOutside = INT64_MAX;

  // Buckets of `width` from `start` on, up to `end`.
  TimeBuckets(Instant start, Instant end, Micros width)
      : start_(start), end_(end), width_(width) {}

  // The bucket of an encoded row.
  [[nodiscard]] int64_t BucketOf(const TableInfo& table, Bytes row) const;
  [[nodiscard]] Instant Begin(int64_t bucket) const {
    return start_ + width_ * bucket;
  }

  void Add(const TableInfo& table, Bytes row, const Hash128& hash);

  // The first bucket of the table in which the two differ.
  [[nodiscard]] static std::optional<int64_t> FirstDifference(
      const TimeBuckets& a, const TimeBuckets& b, TableId table);

  [[nodiscard]] const Digest& total() const { return total_; }
  [[nodiscard]] Micros width() const { return width_; }

 private:
  Instant start_;
  Instant end_;
  Micros width_;
  Digest total_;
  struct PerTable {
    std::map<int64_t, TableDigest> buckets;
    // Rows come in time order, mostly: the last bucket is most often the next.
    int64_t last_bucket = -1;
    TableDigest* last = nullptr;
  };
  std::array<PerTable, kTableCount> tables_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_TIME_BUCKETS_H_
