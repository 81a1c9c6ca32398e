// FileLock: an advisory lock on a file (flock) that goes with the process, even
// if it is killed. The file stays.
//
// Threads: one.
// Errors: what the system says, as errno; 0 is none.
#ifndef TILLSTORM_STORAGE_POSTGRES_FILE_LOCK_H_
#define TILLSTORM_STORAGE_POSTGRES_FILE_LOCK_H_

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace tillstorm {

class FileLock {
 public:
  FileLock() = default;
  ~FileLock() { Close(); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  // Opens the file, which is made if it is missing. Nothing is locked yet.
  [[nodiscard]] int Open(const std::string& path) {
    constexpr mode_t kPrivate = 0600;
    Close();
    file_ =
        open(path.c_str(),
             O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, kPrivate);
    return file_ < 0 ? errno : 0;
  }
  // One that is there already.
  [[nodiscard]] int OpenExisting(const std::string& path) {
    Close();
    file_ = open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return file_ < 0 ? errno : 0;
  }
  void Close() {
    if (file_ >= 0) close(file_);
    file_ = -1;
  }

  // Waits for those who hold it otherwise.
  [[nodiscard]] int Take() const { return Lock(LOCK_EX); }
  // EWOULDBLOCK when somebody else holds it. Gives up what was held.
  [[nodiscard]] int TryTake() const { return Lock(LOCK_EX | LOCK_NB); }
  // EWOULDBLOCK when somebody else holds it alone.
  [[nodiscard]] int TryShare() const { return Lock(LOCK_SH | LOCK_NB); }

  [[nodiscard]] bool is_open() const { return file_ >= 0; }
  [[nodiscard]] int descriptor() const { return file_; }

 private:
  [[nodiscard]] int Lock(int operation) const {
    while (flock(file_, operation) != 0) {
      if (errno != EINTR) return errno;
    }
    return 0;
  }

  int file_ = -1;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_FILE_LOCK_H_
