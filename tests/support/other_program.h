// OtherProgram: the tillstorm that was built beside the test, with arguments of
// its own. It can be signalled; what it says on standard error is kept.
//
// Threads: one.
#ifndef TILLSTORM_TESTS_SUPPORT_OTHER_PROGRAM_H_
#define TILLSTORM_TESTS_SUPPORT_OTHER_PROGRAM_H_

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "harness/core/check.h"

namespace tillstorm {

class OtherProgram {
 public:
  explicit OtherProgram(std::vector<std::string> arguments)
      : errors_(std::tmpfile()) {
    TS_CHECK(errors_ != nullptr);
    std::vector<char*> words;
    arguments.insert(arguments.begin(), TILLSTORM_PROGRAM);
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    process_ = fork();
    TS_CHECK(process_ >= 0);
    if (process_ != 0) return;
    const int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    dup2(fileno(errors_), STDERR_FILENO);
    execv(words[0], words.data());
    _exit(127);
  }
  ~OtherProgram() {
    if (process_ > 0) kill(process_, SIGKILL);
    Wait();
    std::fclose(errors_);
  }
  OtherProgram(const OtherProgram&) = delete;
  OtherProgram& operator=(const OtherProgram&) = delete;

  void Signal(int number) const { kill(process_, number); }
  [[nodiscard]] bool HasEnded() const {
    siginfo_t ended{};
    waitid(P_PID, static_cast<id_t>(process_), &ended,
           WEXITED | WNOHANG | WNOWAIT);
    return ended.si_pid == process_;
  }
  // Its exit code; 1000 and more when it died of a signal.
  int Wait() {
    if (process_ == 0) return code_;
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = 0;
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    return code_;
  }
  [[nodiscard]] std::string errors() const {
    std::string text;
    std::array<char, 4'096> piece{};
    ssize_t size = 0;
    while ((size = pread(fileno(errors_), piece.data(), piece.size(),
                         static_cast<off_t>(text.size()))) > 0) {
      text.append(piece.data(), static_cast<size_t>(size));
    }
    return text;
  }

 private:
  std::FILE* errors_;
  pid_t process_ = 0;
  int code_ = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_SUPPORT_OTHER_PROGRAM_H_
