#include "harness/screen.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <curses.h>
#include <panel.h>

namespace tillstorm {

class Screen::Impl {
 public:
  // Null when TERM names none that can be drawn on.
  static std::unique_ptr<Impl> Open(const TerminalSize& size) {
    const char* const term = std::getenv("TERM");
    if (term == nullptr || *term == '\0') return nullptr;
    std::unique_ptr<Impl> screen(new Impl());
    if (screen->out_ == nullptr || screen->in_ == nullptr) return nullptr;
    // It puts handlers of its own over defaults; they must not stay.
    std::array<struct sigaction, kSignals.size()> before{};
    for (size_t i = 0; i < kSignals.size(); ++i) {
      sigaction(kSignals[i], nullptr, &before[i]);
    }
    screen->screen_ = newterm(term, screen->out_, screen->in_);
    for (size_t i = 0; i < kSignals.size(); ++i) {
      sigaction(kSignals[i], &before[i], nullptr);
    }
    if (screen->screen_ == nullptr || !CanMove()) return nullptr;
    screen->Prepare(size);
    return screen;
  }

  ~Impl() {
    if (help_ != nullptr) {
      del_panel(help_);
      delwin(help_window_);
    }
    if (main_ != nullptr) {
      del_panel(main_);
      delwin(window_);
    }
    if (screen_ != nullptr) {
      endwin();
      delscreen(screen_);
    }
    if (in_ != nullptr) std::fclose(in_);
    if (out_ != nullptr) std::fclose(out_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] const TerminalSize& size() const { return size_; }

  void Resize(const TerminalSize& size) {
    resize_term(static_cast<int>(size.rows), static_cast<int>(size.columns));
    ShowHelp(nullptr);
    WINDOW* const window = NewWindow(size.rows, size.columns, 0, 0);
    replace_panel(main_, window);
    delwin(std::exchange(window_, window));
    size_ = size;
    drawn_ = CellGrid(size.rows, size.columns);
    DrawAllAgain();
  }

  void DrawAllAgain() { clearok(curscr, TRUE); }

  // REQUIRES: a grid of size().
  void Draw(const CellGrid& grid) {
    for (size_t row = 0; row < grid.rows(); ++row) {
      for (size_t column = 0; column < grid.columns(); ++column) {
        const Cell& cell = grid.At(row, column);
        if (cell == drawn_.At(row, column)) continue;
        PutCell(window_, row, column, cell);
      }
    }
    drawn_ = grid;
  }

  // Null: no help.
  void ShowHelp(const CellGrid* grid) {
    if (help_ != nullptr) {
      del_panel(std::exchange(help_, nullptr));
      delwin(std::exchange(help_window_, nullptr));
    }
    if (grid == nullptr || grid->rows() == 0 || grid->columns() == 0) return;
    help_window_ = NewWindow(grid->rows(), grid->columns(),
                             (size_.rows - grid->rows()) / 2,
                             (size_.columns - grid->columns()) / 2);
    help_ = new_panel(help_window_);
    for (size_t row = 0; row < grid->rows(); ++row) {
      for (size_t column = 0; column < grid->columns(); ++column) {
        PutCell(help_window_, row, column, grid->At(row, column));
      }
    }
  }

  // What the terminal has to be told so that it shows all that.
  std::string Update() {
    update_panels();
    doupdate();
    return TakeOutput();
  }
  // Out of drawing; the next Update() goes in again.
  std::string Leave() {
    endwin();
    return TakeOutput();
  }

 private:
  static constexpr std::array<int, 5> kSignals = {SIGINT, SIGTERM, SIGTSTP,
                                                  SIGWINCH, SIGHUP};

  Impl()
      : out_(fdopen(memfd_create("tillstorm-screen", MFD_CLOEXEC), "w")),
        in_(std::fopen("/dev/null", "re")) {}

  static bool CanMove() { return tigetstr("cup") != nullptr; }

  static WINDOW* NewWindow(size_t rows, size_t columns, size_t row,
                           size_t column) {
    return newwin(static_cast<int>(rows), static_cast<int>(columns),
                  static_cast<int>(row), static_cast<int>(column));
  }

  void Prepare(const TerminalSize& size) {
    typeahead(-1);
    curs_set(0);
    resize_term(static_cast<int>(size.rows), static_cast<int>(size.columns));
    size_ = size;
    drawn_ = CellGrid(size.rows, size.columns);
    window_ = NewWindow(size.rows, size.columns, 0, 0);
    main_ = new_panel(window_);
    const char* const no_color = std::getenv("NO_COLOR");
    const bool wants_colour = no_color == nullptr || *no_color == '\0';
    if (wants_colour && has_colors() && start_color() == OK) ChooseColours();
  }

  void ChooseColours() {
    use_default_colors();
    const auto pair = [](short number, short text, short ground) {
      init_pair(number, text, ground);
      return static_cast<attr_t>(COLOR_PAIR(number));
    };
    const auto set = [this](CellStyle style, attr_t attributes) {
      attributes_[static_cast<size_t>(style)] = attributes;
    };
    set(CellStyle::kBar, pair(1, COLOR_WHITE, COLOR_BLUE));
    set(CellStyle::kBarGood, pair(2, COLOR_BLACK, COLOR_GREEN));
    set(CellStyle::kBarNotice, pair(3, COLOR_BLACK, COLOR_YELLOW));
    set(CellStyle::kGraph, pair(4, COLOR_CYAN, -1));
    set(CellStyle::kNotice, pair(5, COLOR_YELLOW, -1));
  }

  void PutCell(WINDOW* window, size_t row, size_t column, const Cell& cell) {
    const attr_t attributes = attributes_[static_cast<size_t>(cell.style)];
    const std::array<wchar_t, 2> text = {static_cast<wchar_t>(cell.character),
                                         L'\0'};
    cchar_t character{};
    setcchar(&character, text.data(), attributes & ~A_COLOR,
             static_cast<short>(PAIR_NUMBER(static_cast<int>(attributes))),
             nullptr);
    wmove(window, static_cast<int>(row), static_cast<int>(column));
    // In the last cell it cannot move on, which is no error to us.
    wadd_wch(window, &character);
  }

  std::string TakeOutput() {
    const int descriptor = fileno(out_);
    const off_t size = lseek(descriptor, 0, SEEK_CUR);
    if (size <= 0) return {};
    std::string output(static_cast<size_t>(size), '\0');
    const ssize_t got = pread(descriptor, output.data(), output.size(), 0);
    output.resize(got > 0 ? static_cast<size_t>(got) : 0);
    if (ftruncate(descriptor, 0) == 0) lseek(descriptor, 0, SEEK_SET);
    return output;
  }

  std::FILE* out_;
  std::FILE* in_;
  SCREEN* screen_ = nullptr;
  WINDOW* window_ = nullptr;
  PANEL* main_ = nullptr;
  WINDOW* help_window_ = nullptr;
  PANEL* help_ = nullptr;
  TerminalSize size_;
  CellGrid drawn_{0, 0};
  // Without colours.
  std::array<attr_t, kCellStyles> attributes_ = {
      A_NORMAL,           A_DIM,    A_BOLD, A_REVERSE, A_REVERSE | A_BOLD,
      A_REVERSE | A_BOLD, A_NORMAL, A_BOLD};
};

std::unique_ptr<Screen> Screen::Open(const TerminalSize& size) {
  std::unique_ptr<Impl> impl = Impl::Open(size);
  if (impl == nullptr) return nullptr;
  return std::unique_ptr<Screen>(new Screen(std::move(impl)));
}

Screen::Screen(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Screen::~Screen() = default;

const TerminalSize& Screen::size() const { return impl_->size(); }
void Screen::Resize(const TerminalSize& size) { impl_->Resize(size); }
void Screen::DrawAllAgain() { impl_->DrawAllAgain(); }
void Screen::Draw(const CellGrid& grid) { impl_->Draw(grid); }
void Screen::ShowHelp(const CellGrid* grid) { impl_->ShowHelp(grid); }
std::string Screen::Update() { return impl_->Update(); }
std::string Screen::Leave() { return impl_->Leave(); }

}  // namespace tillstorm
