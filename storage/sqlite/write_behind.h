// WriteBehind: keeps a growing file from filling the system's cache. A thread
// of its own tells the system to write what was added and to forget what lies
// further back than the newest part.
//
// Without it a file larger than the system's memory for unwritten pages makes
// its writer wait, all at once and late. Only hints: what is safe when decides
// who syncs the file.
//
// Threads: one owner. Grow() never waits for the disk.
#ifndef TILLSTORM_STORAGE_SQLITE_WRITE_BEHIND_H_
#define TILLSTORM_STORAGE_SQLITE_WRITE_BEHIND_H_

#include <sys/types.h>

#include <thread>

#include "harness/core/mutex.h"

namespace tillstorm {

class WriteBehind {
 public:
  // Borrows a descriptor of the file.
  explicit WriteBehind(int descriptor);
  ~WriteBehind();  // waits for the step under way, then leaves the rest
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;

  // The file has that size now.
  void Grow(off_t size);

 private:
  void Work();
  void Step(off_t size);

  const int descriptor_;
  off_t started_ = 0;    // told to write so far
  off_t forgotten_ = 0;  // told to forget so far

  Mutex mutex_;
  Condition grown_;
  off_t size_ GUARDED_BY(mutex_) = 0;
  bool stop_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_WRITE_BEHIND_H_
