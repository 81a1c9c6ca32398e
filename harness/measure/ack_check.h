// AckCheck: whether what a writer acknowledged is in the database: at random
// moments it asks, on a connection of its own that only reads, for the ledger
// row of the batch that some lane acknowledged last. A database that says
// "committed" before it is true is found by that, unless it becomes true within
// the milliseconds that opening a connection takes.
//
// Threads: one of its own; Acknowledged() may be called from any and never
// waits.
// Errors: none: what could not be asked is not counted, and why() says why.
// Cost: a connection and one look at a primary key, about twice a second.
#ifndef TILLSTORM_HARNESS_MEASURE_ACK_CHECK_H_
#define TILLSTORM_HARNESS_MEASURE_ACK_CHECK_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "harness/core/mutex.h"
#include "harness/core/status.h"
#include "harness/futex.h"
#include "storage/backend.h"

namespace tillstorm {

struct AckCheckResult {
  int64_t checked = 0;
  int64_t missing = 0;
  std::string why;  // the last question that could not be asked, or empty
};

class AckCheck {
 public:
  // Begins. Borrows the backend, whose dataset is there. `seed` chooses the
  // moments.
  AckCheck(Backend& backend, uint64_t seed);
  ~AckCheck();  // ends
  AckCheck(const AckCheck&) = delete;
  AckCheck& operator=(const AckCheck&) = delete;

  void Acknowledged(int32_t lane, int32_t batch) {
    last_[static_cast<size_t>(lane)].store(batch);
  }
  // Looks so far that found an answer.
  [[nodiscard]] int64_t checked() const { return checked_.load(); }
  // Ends. Idempotent.
  AckCheckResult Stop();

 private:
  void Run();
  void Look();
  // Whether nobody called Stop() meanwhile.
  bool Sleep(std::chrono::milliseconds duration);
  uint64_t Random();
  // A lane that acknowledged something, or -1.
  int32_t AnyLane();

  Backend& backend_;
  uint64_t random_;
  std::array<std::atomic<int32_t>, kLanesMax> last_{};  // 0: none yet
  FutexWord stop_;                                      // 1: end
  AckCheckResult result_;                               // the thread's
  std::atomic<int64_t> checked_{0};
  std::thread thread_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_ACK_CHECK_H_
