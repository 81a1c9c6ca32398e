// FutexWord: a 32-bit word that threads sleep on until another thread changes
// it. No queue of its own, no memory but the word: thousands of threads may
// sleep on one, or each on its own.
//
//   sleeper: seen = word.Load(); if (nothing to do) word.Wait(seen); again
//   waker:   make something to do; word.Add(1); word.WakeAll();
//
// A waker that changes the word after `seen` was read keeps the sleeper awake,
// so no wake-up is lost.
//
// Threads: any. All accesses are sequentially consistent, so what the waker did
// before Add() or Store() is seen after a Load() of the new value.
#ifndef TILLSTORM_HARNESS_FUTEX_H_
#define TILLSTORM_HARNESS_FUTEX_H_

#include <atomic>
#include <chrono>
#include <cstdint>

namespace tillstorm {

class FutexWord {
 public:
  FutexWord() = default;
  explicit FutexWord(uint32_t value) : word_(value) {}
  FutexWord(const FutexWord&) = delete;
  FutexWord& operator=(const FutexWord&) = delete;

  [[nodiscard]] uint32_t Load() const noexcept { return word_.load(); }
  void Store(uint32_t value) noexcept { word_.store(value); }
  // The value before.
  uint32_t Add(uint32_t value) noexcept { return word_.fetch_add(value); }
  uint32_t Subtract(uint32_t value) noexcept { return word_.fetch_sub(value); }

  // Sleeps while the word is `seen`. Also returns for no reason now and then:
  // call it in a loop.
  void Wait(uint32_t seen) const noexcept;
  // The same until `deadline`; false once that has passed.
  bool WaitUntil(uint32_t seen,
                 std::chrono::steady_clock::time_point deadline) const noexcept;

  // Change the word first.
  void WakeOne() const noexcept;
  void WakeAll() const noexcept;

 private:
  std::atomic<uint32_t> word_{0};
};

// Tells the kernel that so many threads of this process will sleep at a time:
// from version 6.16 on it keeps them in a table that it sizes by the processors
// alone, and a wake-up goes through a share of it. Older ones need no telling.
void ExpectSleepers(uint32_t threads) noexcept;

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_FUTEX_H_
