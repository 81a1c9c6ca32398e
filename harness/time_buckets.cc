#include "harness/time_buckets.h"

namespace tillstorm {

int64_t TimeBuckets::BucketOf(const TableInfo& table, Bytes row) const {
  if (table.time_column < 0) return 0;
  const std::byte* at = row.data();
  ValueView value;
  for (int i = 0; i <= table.time_column; ++i) {
    const auto column = static_cast<size_t>(i);
    if (!table.Encodes(column)) continue;
    at = DecodeValue(table.columns[column].type, at, &value);
  }
  if (value.state != ValueView::State::kValue) return kOutside;
  const Instant instant = FromMicros(value.integer);
  if (instant < start_ || instant >= end_) return kOutside;
  return (instant - start_) / width_;
}

void TimeBuckets::Add(const TableInfo& table, Bytes row, const Hash128& hash) {
  PerTable& entry = tables_[Index(table.id)];
  const int64_t bucket = BucketOf(table, row);
  if (entry.last == nullptr || bucket != entry.last_bucket) {
    entry.last = &entry.buckets[bucket];
    entry.last_bucket = bucket;
  }
  ++entry.last->rows;
  entry.last->sum += hash;
  total_.AddInsert(table.id, hash);
}

std::optional<int64_t> TimeBuckets::FirstDifference(const TimeBuckets& a,
                                                    const TimeBuckets& b,
                                                    TableId table) {
  const auto& left = a.tables_[Index(table)].buckets;
  const auto& right = b.tables_[Index(table)].buckets;
  auto i = left.begin();
  auto j = right.begin();
  while (i != left.end() || j != right.end()) {
    if (j == right.end() || (i != left.end() && i->first < j->first)) {
      return i->first;
    }
    if (i == left.end() || j->first < i->first) return j->first;
    if (!(i->second == j->second)) return i->first;
    ++i;
    ++j;
  }
  return std::nullopt;
}

}  // namespace tillstorm
