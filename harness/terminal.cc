#include "harness/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "harness/core/check.h"

namespace tillstorm {
namespace {

constexpr std::array<int, 6> kCrashSignals = {SIGABRT, SIGBUS,  SIGFPE,
                                              SIGILL,  SIGQUIT, SIGSEGV};
// Of a terminal that does not say (or says 0).
constexpr TerminalSize kSizeUnknown{24, 80};
// More than a frame of a very large terminal.
constexpr size_t kPendingMax = 1 << 20;

// Handlers can reach globals only. What is not atomic is written while
// `g_has_modes` is false, and read once by who makes it false again.
std::atomic<bool> g_has_modes{false};
std::atomic<bool> g_stop{false};
std::atomic<bool> g_continue{false};
std::atomic<bool> g_lives{false};
static_assert(std::atomic<bool>::is_always_lock_free);
int g_descriptor = -1;
termios g_modes;
std::array<char, 256> g_leave;
size_t g_leave_size = 0;

std::array<struct sigaction, kCrashSignals.size()> g_crash_before;
struct sigaction g_stop_before;
struct sigaction g_continue_before;

bool IsForeground(int descriptor) {
  const pid_t group = tcgetpgrp(descriptor);
  // -1: it is not our controlling terminal, so nobody can take it from us.
  return group < 0 || group == getpgrp();
}

void OnStop(int) { g_stop = true; }
void OnContinue(int) { g_continue = true; }

void OnCrash(int number) {
  const int error = errno;
  Terminal::Restore();
  errno = error;
  raise(number);  // has its default again
}

bool HasDefault(int number) {
  struct sigaction now {};
  return sigaction(number, nullptr, &now) == 0 &&
         (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_DFL;
}

void Install(int number, void (*handler)(int), int flags,
             struct sigaction* before) {
  sigaction(number, nullptr, before);
  if (!HasDefault(number)) return;
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(number, &action, nullptr);
}

void InstallAll() {
  Install(SIGTSTP, OnStop, SA_RESTART, &g_stop_before);
  Install(SIGCONT, OnContinue, SA_RESTART, &g_continue_before);
  for (size_t i = 0; i < kCrashSignals.size(); ++i) {
    Install(kCrashSignals[i], OnCrash, SA_RESETHAND | SA_NODEFER,
            &g_crash_before[i]);
  }
}

void UninstallAll() {
  sigaction(SIGTSTP, &g_stop_before, nullptr);
  sigaction(SIGCONT, &g_continue_before, nullptr);
  for (size_t i = 0; i < kCrashSignals.size(); ++i) {
    sigaction(kCrashSignals[i], &g_crash_before[i], nullptr);
  }
}

Status NoTerminal(std::string_view why) {
  return {StatusCode::kUsage, std::string(why)};
}

}  // namespace

Result<std::unique_ptr<Terminal>> Terminal::Open() {
  if (isatty(STDOUT_FILENO) != 1) {
    return NoTerminal("standard output is no terminal");
  }
  if (!IsForeground(STDOUT_FILENO)) {
    return NoTerminal("it runs in the background");
  }
  std::array<char, 256> name{};
  int descriptor = -1;
  constexpr int kFlags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
  if (ttyname_r(STDOUT_FILENO, name.data(), name.size()) == 0) {
    descriptor = open(name.data(), kFlags);
  }
  // Its name may be one of another mount namespace.
  if (descriptor < 0) descriptor = open("/dev/tty", kFlags);
  if (descriptor < 0) {
    return NoTerminal("the terminal of standard output cannot be opened");
  }
  termios modes{};
  if (tcgetattr(descriptor, &modes) != 0) {
    close(descriptor);
    return NoTerminal("the terminal of standard output does not answer");
  }
  TS_CHECK(!g_lives.exchange(true));
  return std::unique_ptr<Terminal>(new Terminal(descriptor, modes));
}

Terminal::Terminal(int descriptor, const termios& modes)
    : descriptor_(descriptor), modes_before_(modes) {
  g_stop = false;
  g_continue = false;
  InstallAll();
}

Terminal::~Terminal() {
  GiveModesBack();
  UninstallAll();
  close(descriptor_);
  g_lives = false;
}

TerminalSize Terminal::size() const {
  winsize size{};
  if (ioctl(descriptor_, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 ||
      size.ws_col == 0) {
    return kSizeUnknown;
  }
  return {size.ws_row, size.ws_col};
}

bool Terminal::in_foreground() const { return IsForeground(descriptor_); }

void Terminal::TakeModes(std::string_view leave) {
  termios modes = modes_before_;
  modes.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  modes.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL);
  modes.c_cc[VMIN] = 1;
  modes.c_cc[VTIME] = 0;
  TS_CHECK(leave.size() <= g_leave.size());
  g_has_modes = false;
  std::memcpy(g_leave.data(), leave.data(), leave.size());
  g_leave_size = leave.size();
  g_descriptor = descriptor_;
  g_modes = modes_before_;
  g_has_modes = true;
  has_modes_ = true;
  tcsetattr(descriptor_, TCSANOW, &modes);
}

void Terminal::GiveModesBack() {
  // Restore() may have done it.
  if (has_modes_ && g_has_modes.exchange(false) && in_foreground()) {
    tcsetattr(descriptor_, TCSANOW, &modes_before_);
  }
  has_modes_ = false;
}

bool Terminal::Send(std::string_view bytes) {
  // Who takes nothing for that long gets a whole frame when it does again.
  if (pending_.size() + bytes.size() <= kPendingMax) pending_ += bytes;
  while (!pending_.empty()) {
    const ssize_t sent = write(descriptor_, pending_.data(), pending_.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN) pending_.clear();  // it is gone
    if (sent <= 0) break;
    pending_.erase(0, static_cast<size_t>(sent));
  }
  return pending_.empty();
}

void Terminal::Drain(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!Send({})) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    pollfd waiting{descriptor_, POLLOUT, 0};
    poll(&waiting, 1, static_cast<int>(left.count()));
  }
  pending_.clear();
}

std::string_view Terminal::Read(std::span<char> buffer) const {
  const ssize_t size = read(descriptor_, buffer.data(), buffer.size());
  return {buffer.data(), size > 0 ? static_cast<size_t>(size) : 0};
}

bool Terminal::TakeStop() { return g_stop.exchange(false); }
bool Terminal::TakeContinue() { return g_continue.exchange(false); }

void Terminal::StopProcess() {
  struct sigaction ours {};
  sigaction(SIGTSTP, &g_stop_before, &ours);
  raise(SIGTSTP);
  sigaction(SIGTSTP, &ours, nullptr);
}

void Terminal::Restore() noexcept {
  if (!g_has_modes.exchange(false) || !IsForeground(g_descriptor)) return;
  if (write(g_descriptor, g_leave.data(), g_leave_size) < 0) {
    // Nothing that could be done about it here.
  }
  tcsetattr(g_descriptor, TCSANOW, &g_modes);
}

}  // namespace tillstorm
