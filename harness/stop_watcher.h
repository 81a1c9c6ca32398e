// StopWatcher: interrupts a session that is busy inside the engine when a stop
// is asked for.
//
// Threads: one of its own, from its making to its end.
#ifndef TILLSTORM_HARNESS_STOP_WATCHER_H_
#define TILLSTORM_HARNESS_STOP_WATCHER_H_

#include <atomic>
#include <chrono>
#include <thread>

#include "storage/backend.h"

namespace tillstorm {

class StopWatcher {
 public:
  // Borrows both.
  StopWatcher(const std::atomic<bool>& stop, Session& session)
      : thread_([this, &stop, &session] {
          while (!done_.load()) {
            if (stop.load()) {
              session.Interrupt();
              return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
          }
        }) {}
  ~StopWatcher() {
    done_.store(true);
    thread_.join();
  }
  StopWatcher(const StopWatcher&) = delete;
  StopWatcher& operator=(const StopWatcher&) = delete;

 private:
  std::atomic<bool> done_{false};
  std::thread thread_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_STOP_WATCHER_H_
