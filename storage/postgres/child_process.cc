#include "storage/postgres/child_process.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace tillstorm {
namespace {

constexpr int kSignalBase = 128;

bool Take(const passwd* found, UserIdentity* identity) {
  if (found == nullptr) return false;
  *identity = {found->pw_uid, found->pw_gid, found->pw_name};
  return true;
}

// Between fork() and execve() of a process with threads only system calls are
// safe: all that follows is made of them.

void DropSignals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // The one that was ignored stays so over execve().
  std::signal(SIGPIPE, SIG_DFL);
  std::signal(SIGXFSZ, SIG_DFL);
}

// Also gives up the groups of root, none of which the other user is in.
int Become(const UserIdentity& identity) {
  if (geteuid() == identity.user) return 0;
  const gid_t group = identity.group;
  if (setgroups(1, &group) != 0 || setgid(group) != 0 ||
      setuid(identity.user) != 0) {
    return errno;
  }
  return 0;
}

struct Program {
  char* const* arguments = nullptr;
  const UserIdentity* identity = nullptr;
  int output = -1;
  bool dies_with_us = false;
};

// The child's half: becomes the program, or writes errno to `failure`.
[[noreturn]] void Execute(const Program& program, int failure) {
  DropSignals();
  setsid();
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  int error = 0;
  if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
      dup2(program.output, STDOUT_FILENO) < 0 ||
      dup2(program.output, STDERR_FILENO) < 0) {
    error = errno;
  }
  if (error == 0) error = Become(*program.identity);
  if (error == 0 && program.dies_with_us) prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (error == 0 && chdir("/") != 0) error = errno;
  if (error == 0) {
    execv(program.arguments[0], program.arguments);
    error = errno;
  }
  [[maybe_unused]] const ssize_t told = write(failure, &error, sizeof error);
  _exit(EXIT_FAILURE);
}

// Kills a program and what it started, its session, when that is asked for.
class GroupKill {
 public:
  GroupKill(pid_t group, StopFlag stop) : group_(group), stop_(stop) {}

  // Until there is something to read.
  void Attend(int pipe) {
    constexpr int kLookMs = 20;
    pollfd ready{pipe, POLLIN, 0};
    while (!killed_ && stop_ != nullptr && poll(&ready, 1, kLookMs) <= 0) {
      if (!stop_->load()) continue;
      killed_ = true;
      kill(-group_, SIGKILL);
    }
  }
  [[nodiscard]] bool killed() const { return killed_; }

 private:
  const pid_t group_;
  const StopFlag stop_;
  bool killed_ = false;
};

// The last bytes that come out of a pipe until it is closed, which the last
// process that writes to it does when it ends.
std::string ReadToEnd(int pipe, GroupKill* kill = nullptr) {
  constexpr size_t kKept = 65'536;
  std::array<char, 4'096> piece{};
  std::string text;
  while (true) {
    if (kill != nullptr) kill->Attend(pipe);
    const ssize_t size = read(pipe, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    text.append(piece.data(), static_cast<size_t>(size));
    if (text.size() > kKept) text.erase(0, text.size() - kKept);
  }
}

int Wait(pid_t process, int* status) {
  while (waitpid(process, status, 0) < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

int ExitCode(int status) {
  return WIFSIGNALED(status) ? kSignalBase + WTERMSIG(status)
                             : WEXITSTATUS(status);
}

int Start(const std::vector<std::string>& arguments, Program program,
          pid_t* process) {
  std::vector<char*> words;
  for (const std::string& word : arguments) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  program.arguments = words.data();
  std::array<int, 2> failure{};
  if (pipe2(failure.data(), O_CLOEXEC) != 0) return errno;
  *process = fork();
  if (*process == 0) Execute(program, failure[1]);
  int error = *process < 0 ? errno : 0;
  close(failure[1]);
  if (error == 0) {
    // Closed without a word by an execve() that went well.
    const std::string told = ReadToEnd(failure[0]);
    if (told.size() == sizeof error) {
      std::memcpy(&error, told.data(), sizeof error);
      int status = 0;
      Wait(*process, &status);
    }
  }
  close(failure[0]);
  return error;
}

}  // namespace

UserIdentity UserIdentity::Own() {
  UserIdentity own;
  if (!Find(geteuid(), &own)) own.name = std::to_string(geteuid());
  own.user = geteuid();
  own.group = getegid();
  return own;
}

bool UserIdentity::Find(const std::string& name, UserIdentity* identity) {
  return Take(getpwnam(name.c_str()), identity);
}

bool UserIdentity::Find(uid_t user, UserIdentity* identity) {
  return Take(getpwuid(user), identity);
}

int StartProgram(const std::vector<std::string>& arguments,
                 const UserIdentity& identity, int output, pid_t* process) {
  return Start(arguments, {nullptr, &identity, output, false}, process);
}

ProgramResult RunProgram(const std::vector<std::string>& arguments,
                         const UserIdentity& identity, StopFlag stop) {
  ProgramResult result;
  std::array<int, 2> output{};
  if (pipe2(output.data(), O_CLOEXEC) != 0) {
    result.error = errno;
    return result;
  }
  pid_t process = 0;
  result.error =
      Start(arguments, {nullptr, &identity, output[1], true}, &process);
  close(output[1]);
  if (result.error == 0) {
    GroupKill kill(process, stop);
    result.output = ReadToEnd(output[0], &kill);
    result.stopped = kill.killed();
    int status = 0;
    result.error = Wait(process, &status);
    result.exit_code = ExitCode(status);
  }
  close(output[0]);
  return result;
}

bool HasEnded(pid_t process) {
  int status = 0;
  if (waitpid(process, &status, WNOHANG) == process) return true;
  if (kill(process, 0) != 0 && errno == ESRCH) return true;
  // One that nobody waits for: `1234 (postgres) Z 1 ...`
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(file, text);
  const size_t end = text.rfind(") ");
  return end != std::string::npos && text.compare(end + 2, 1, "Z") == 0;
}

int ReachDirectory(const std::string& directory, const UserIdentity& identity) {
  const pid_t process = fork();
  if (process < 0) return errno;
  if (process == 0) {
    int error = Become(identity);
    if (error == 0 && chdir(directory.c_str()) != 0) error = errno;
    _exit(error);
  }
  int status = 0;
  const int error = Wait(process, &status);
  return error != 0 ? error : ExitCode(status);
}

}  // namespace tillstorm
