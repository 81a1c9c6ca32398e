// Mutex, MutexLock and Condition: the standard ones with the annotations that
// clang's thread safety analysis needs (-Wthread-safety rejects std::mutex from
// libstdc++). GUARDED_BY names the lock of a member; REQUIRES_LOCK that of a
// function.
#ifndef TILLSTORM_HARNESS_CORE_MUTEX_H_
#define TILLSTORM_HARNESS_CORE_MUTEX_H_

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define TS_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define TS_THREAD_ATTRIBUTE(x)
#endif
#define GUARDED_BY(lock) TS_THREAD_ATTRIBUTE(guarded_by(lock))
#define REQUIRES_LOCK(lock) TS_THREAD_ATTRIBUTE(requires_capability(lock))

namespace tillstorm {

class TS_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void Lock() TS_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void Unlock() TS_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

class TS_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex)
      TS_THREAD_ATTRIBUTE(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() TS_THREAD_ATTRIBUTE(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

class Condition {
 public:
  // Wakes up now and then for no reason: call it in a loop.
  void Wait(Mutex& mutex) TS_THREAD_ATTRIBUTE(requires_capability(mutex)) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_MUTEX_H_
