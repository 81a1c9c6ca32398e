// Terminal: the device that a dashboard draws on and takes keys from, without
// ever waiting for it.
//
// Bytes go out through a descriptor of our own that does not block (one that we
// shared with the shell could not be switched to that). What the device does
// not take is kept and goes first next time.
//
// Signals: while one lives, SIGTSTP and SIGCONT only leave a note, and the
// signals that mean a crash, SIGQUIT included, put the device right before they
// take their course; each only where it had its default. Nothing else is
// touched.
//
// Threads: one owner; Restore() from any.
#ifndef TILLSTORM_HARNESS_TERMINAL_H_
#define TILLSTORM_HARNESS_TERMINAL_H_

#include <termios.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "harness/core/status.h"

namespace tillstorm {

struct TerminalSize {
  size_t rows = 0;
  size_t columns = 0;
  friend bool operator==(const TerminalSize&, const TerminalSize&) = default;
};

class Terminal {
 public:
  // The terminal that is standard output. kUsage with a sentence when it is
  // none or another job has it. Only one may live at a time.
  [[nodiscard]] static Result<std::unique_ptr<Terminal>> Open();
  ~Terminal();  // gives it back
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] TerminalSize size() const;
  // Whether it is ours to draw on; it is not while the shell has it (`bg`).
  [[nodiscard]] bool in_foreground() const;

  // Keys come one by one, unseen; Ctrl-C and Ctrl-Z stay signals, Ctrl-S holds
  // nothing. Again after the shell had the device. `leave` is what takes the
  // device out of drawing, for a crash; at most 256 bytes.
  void TakeModes(std::string_view leave);
  void GiveModesBack();

  // Sends what was kept and then `bytes`. False when not all went out.
  bool Send(std::string_view bytes);
  // Tries for that long to send what was kept; then it is dropped.
  void Drain(std::chrono::milliseconds timeout);
  // What was typed, at most that much.
  [[nodiscard]] std::string_view Read(std::span<char> buffer) const;

  // Whether SIGTSTP (SIGCONT) came since the last call.
  [[nodiscard]] bool TakeStop();
  [[nodiscard]] bool TakeContinue();
  // Stops the process as SIGTSTP does by default; returns after SIGCONT.
  void StopProcess();

  // For a process that is about to end: safe in a signal handler. Without
  // effect unless one lives and has its modes.
  static void Restore() noexcept;

 private:
  Terminal(int descriptor, const termios& modes);
  int descriptor_;
  // As they were at first: later ones may be ours, which the shell kept for us.
  const termios modes_before_;
  bool has_modes_ = false;
  std::string pending_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_TERMINAL_H_
