// PostgresLanes: what the sessions that write one dataset at once have in
// common: the ids that they give, and what each had acknowledged last.
//
// Threads: any.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_LANES_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_LANES_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

#include "storage/postgres/postgres_ids.h"

namespace tillstorm {

// By lane: its last batch that was acknowledged. A server that crashed may have
// lost those of lanes that have nothing more to write, so whoever reconnects
// asks for all of them.
class AcknowledgedBatches {
 public:
  void Set(int32_t lane, int32_t batch) {
    const std::lock_guard lock(mutex_);
    last_[lane] = batch;
  }
  [[nodiscard]] std::map<int32_t, int32_t> Read() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<int32_t, int32_t> last_;
};

struct PostgresLanes {
  WriterIds ids;
  AcknowledgedBatches acknowledged;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_LANES_H_
