// Screen: what has to be said to a terminal so that it shows a grid. The only
// door to ncurses and panel.
//
// ncurses is given a buffer in memory in place of a terminal: it knows what the
// terminal shows and what its kind (TERM) has to be told, but neither reads
// from it, writes to it nor changes its modes, which terminal.h does without
// ever waiting. Its signal handlers are taken out again as soon as it has put
// them in.
//
// Colours: none when NO_COLOR is set to something; bold, dim and reverse then.
//
// Threads: one owner. Whether characters beyond ASCII are shown is up to the
// locale of its thread, when it is opened and later.
#ifndef TILLSTORM_HARNESS_SCREEN_H_
#define TILLSTORM_HARNESS_SCREEN_H_

#include <memory>
#include <string>

#include "harness/cell_grid.h"
#include "harness/terminal.h"

namespace tillstorm {

class Screen {
 public:
  // Null when TERM names no terminal that can be drawn on.
  [[nodiscard]] static std::unique_ptr<Screen> Open(const TerminalSize& size);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  [[nodiscard]] const TerminalSize& size() const;
  void Resize(const TerminalSize& size);
  // The terminal may show anything by now.
  void DrawAllAgain();

  // REQUIRES: a grid of size().
  void Draw(const CellGrid& grid);
  // What lies over it, in the middle; null: nothing.
  void ShowHelp(const CellGrid* grid);

  // What to say so that all that is shown.
  [[nodiscard]] std::string Update();
  // What to say so that the shell's screen is back. The next Update() is in
  // drawing again.
  [[nodiscard]] std::string Leave();

 private:
  class Impl;
  explicit Screen(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_SCREEN_H_
