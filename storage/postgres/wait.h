// Waiting for what other processes do: by looking again and again, as most of
// it cannot be waited for otherwise, and so that it can be stopped.
//
// Threads: any.
#ifndef TILLSTORM_STORAGE_POSTGRES_WAIT_H_
#define TILLSTORM_STORAGE_POSTGRES_WAIT_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

namespace tillstorm {

// Raised by somebody else when a call should end soon; null: nobody does.
using StopFlag = const std::atomic<bool>*;

[[nodiscard]] inline bool IsRaised(StopFlag stop) {
  return stop != nullptr && stop->load();
}

enum class Waited : uint8_t { kDone, kLate, kStopped };

// Until `done` says so. It is asked once at least.
template <class Predicate>
[[nodiscard]] Waited WaitFor(Predicate done, std::chrono::milliseconds longest,
                             StopFlag stop) {
  constexpr std::chrono::milliseconds kPoll{10};
  const auto end = std::chrono::steady_clock::now() + longest;
  while (!done()) {
    if (IsRaised(stop)) return Waited::kStopped;
    if (std::chrono::steady_clock::now() >= end) return Waited::kLate;
    std::this_thread::sleep_for(kPoll);
  }
  return Waited::kDone;
}

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_WAIT_H_
