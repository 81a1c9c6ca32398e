// WriterIds: the ids that the writer gives, by table, shared by the lanes of a
// dataset: dense with one lane, unique with more.
//
// Threads: any.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_IDS_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_IDS_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "harness/core/schema.h"

namespace tillstorm {

class WriterIds {
 public:
  WriterIds() {
    for (std::atomic<int64_t>& next : next_) next = 1;
  }

  // The first of `count` ids that nobody else gets.
  int64_t Take(TableId table, int64_t count) {
    return next_[Index(table)].fetch_add(count);
  }
  // Gives back what Take() gave, unless somebody took more since.
  void GiveBack(TableId table, int64_t first, int64_t count) {
    int64_t after = first + count;
    next_[Index(table)].compare_exchange_strong(after, first);
  }
  // The next id is at least that.
  void Raise(TableId table, int64_t next) {
    std::atomic<int64_t>& known = next_[Index(table)];
    int64_t seen = known;
    while (seen < next && !known.compare_exchange_weak(seen, next)) {
    }
  }

 private:
  std::array<std::atomic<int64_t>, kTableCount> next_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_IDS_H_
