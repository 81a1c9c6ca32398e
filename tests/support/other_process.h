// OtherProcess: a copy of the test's process that does something meanwhile,
// tells about it line by line, and waits to be told to go on.
//
// Threads: REQUIRES: the test has no other threads when it is made.
#ifndef TILLSTORM_TESTS_SUPPORT_OTHER_PROCESS_H_
#define TILLSTORM_TESTS_SUPPORT_OTHER_PROCESS_H_

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <string>

#include "harness/core/check.h"

namespace tillstorm {

class OtherProcess {
 public:
  explicit OtherProcess(const std::function<void(OtherProcess&)>& act) {
    TS_CHECK(pipe(told_.data()) == 0 && pipe(go_.data()) == 0);
    process_ = fork();
    TS_CHECK(process_ >= 0);
    if (process_ == 0) {
      close(go_[1]);
      act(*this);
      _exit(0);
    }
    close(told_[1]);
    close(go_[0]);
  }
  ~OtherProcess() {
    if (process_ > 0) kill(process_, SIGKILL);
    Go();
    Wait();
    close(told_[0]);
  }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  // In the other process.
  void Tell(const std::string& line) const {
    const std::string text = line + "\n";
    TS_CHECK(write(told_[1], text.data(), text.size()) ==
             static_cast<ssize_t>(text.size()));
  }
  void WaitForGo() const {
    char byte = 0;
    TS_CHECK(read(go_[0], &byte, 1) == 0);
  }

  // In this one. A line of a process that has ended is empty.
  [[nodiscard]] std::string NextLine() const {
    std::string line;
    for (char c = 0; read(told_[0], &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  void Go() {
    if (go_[1] >= 0) close(go_[1]);
    go_[1] = -1;
  }
  void Wait() {
    if (process_ > 0) waitpid(process_, nullptr, 0);
    process_ = 0;
  }
  [[nodiscard]] bool HasEnded() const {
    siginfo_t ended{};
    waitid(P_PID, static_cast<id_t>(process_), &ended,
           WEXITED | WNOHANG | WNOWAIT);
    return ended.si_pid == process_;
  }

 private:
  std::array<int, 2> told_{-1, -1};
  std::array<int, 2> go_{-1, -1};
  pid_t process_ = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_SUPPORT_OTHER_PROCESS_H_
