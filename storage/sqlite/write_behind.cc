#include "storage/sqlite/write_behind.h"

#include <fcntl.h>

namespace tillstorm {
namespace {

// Written in steps of that much; smaller ones cost more calls, larger ones make
// the disk wait first and the writer later.
constexpr off_t kStep = off_t{16} << 20;
// The newest part stays in the cache: it may be read or changed again.
constexpr off_t kKept = off_t{512} << 20;

}  // namespace

WriteBehind::WriteBehind(int descriptor)
    : descriptor_(descriptor), thread_([this] { Work(); }) {}

WriteBehind::~WriteBehind() {
  {
    const MutexLock lock(mutex_);
    stop_ = true;
    grown_.NotifyOne();
  }
  thread_.join();
}

void WriteBehind::Grow(off_t size) {
  const MutexLock lock(mutex_);
  size_ = size;
  grown_.NotifyOne();
}

void WriteBehind::Work() {
  for (;;) {
    off_t size = 0;
    {
      const MutexLock lock(mutex_);
      while (!stop_ && size_ < started_ + kStep) grown_.Wait(mutex_);
      if (stop_) return;
      size = size_;
    }
    Step(size);
  }
}

void WriteBehind::Step(off_t size) {
  (void)sync_file_range(descriptor_, started_, size - started_,
                        SYNC_FILE_RANGE_WRITE);
  started_ = size;
  const off_t old = started_ - kKept - forgotten_;
  if (old < kStep) return;
  // Only what is written can be forgotten.
  (void)sync_file_range(descriptor_, forgotten_, old,
                        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                            SYNC_FILE_RANGE_WAIT_AFTER);
  (void)posix_fadvise(descriptor_, forgotten_, old, POSIX_FADV_DONTNEED);
  forgotten_ += old;
}

}  // namespace tillstorm
