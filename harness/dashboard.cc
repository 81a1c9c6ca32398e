#include "harness/dashboard.h"

#include <langinfo.h>
#include <locale.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/cell_grid.h"
#include "harness/dashboard_view.h"
#include "harness/key_reader.h"
#include "harness/safe_text.h"
#include "harness/screen.h"
#include "harness/snapshot_history.h"
#include "harness/terminal.h"

namespace tillstorm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFrameInterval{1000 / kDashboardFramesPerS};
constexpr std::chrono::milliseconds kLeaveTimeout{300};

// The user's locale for this thread alone: a process-wide one would be changed
// under threads that are running. ncurses and the C library ask for the
// thread's.
class ThreadLocale {
 public:
  ThreadLocale() : locale_(newlocale(LC_CTYPE_MASK, "", nullptr)) {
    if (locale_ == nullptr && WantsUtf8()) {
      locale_ = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    }
    if (locale_ != nullptr) before_ = uselocale(locale_);
    utf8_ = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  }
  ~ThreadLocale() {
    if (locale_ == nullptr) return;
    uselocale(before_);
    freelocale(locale_);
  }
  ThreadLocale(const ThreadLocale&) = delete;
  ThreadLocale& operator=(const ThreadLocale&) = delete;

  [[nodiscard]] bool unicode() const { return utf8_; }

 private:
  // The first of them that is set names the locale, installed or not.
  static bool WantsUtf8() {
    for (const char* const variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
      const char* const value = std::getenv(variable);
      if (value == nullptr || *value == '\0') continue;
      const std::string_view name = value;
      return name.find("UTF-8") != std::string_view::npos ||
             name.find("utf8") != std::string_view::npos;
    }
    return false;
  }

  locale_t locale_;
  locale_t before_ = nullptr;
  bool utf8_ = false;
};

}  // namespace

class Dashboard::Impl {
 public:
  Impl(const DashboardOptions& options, std::unique_ptr<Terminal> terminal)
      : options_(options), terminal_(std::move(terminal)) {}

  bool Start() {
    screen_ = Screen::Open(terminal_->size());
    if (screen_ == nullptr) return false;
    // Learnt once, for a crash: what ends drawing from any state.
    leave_ = screen_->Update();
    leave_ = screen_->Leave();
    return true;
  }

  [[nodiscard]] bool Due() const {
    return screen_ != nullptr && (changed_ || Clock::now() >= next_);
  }

  void Show(const CollectSnapshot& snapshot) {
    if (screen_ == nullptr) return;
    history_.Add(snapshot);
    next_ = Clock::now() + kFrameInterval;
    changed_ = false;
    if (!terminal_->in_foreground()) {
      drawing_ = false;
      return;
    }
    // A frame on top of one that has not gone out yet would only add to it.
    if (drawing_ && !terminal_->Send({})) return;
    if (terminal_->size() != screen_->size()) {
      screen_->Resize(terminal_->size());
    }
    const TerminalSize& size = screen_->size();
    std::vector<LogLine> lines;
    DashboardFrame frame{history_, std::nullopt, page_, locale_.unicode(),
                         options_.can_pause};
    if (options_.log != nullptr) {
      lines = options_.log->Newest(size.rows);
      frame.log = lines;
    }
    screen_->Draw(RenderDashboard(frame, size.rows, size.columns));
    ShowHelp();
    if (!drawing_) Enter();
    terminal_->Send(screen_->Update());
  }

  DashboardKey ReadKey() {
    if (screen_ == nullptr) return DashboardKey::kNone;
    AnswerSignals();
    std::array<char, 64> buffer{};
    if (drawing_ && terminal_->in_foreground()) {
      const std::string_view bytes = terminal_->Read(buffer);
      if (bytes.empty()) keys_.Pause();
      typed_ += bytes;
    }
    while (!typed_.empty()) {
      const std::optional<char> key = keys_.Feed(typed_.front());
      typed_.erase(0, 1);
      const DashboardKey asked = key ? Answer(*key) : DashboardKey::kNone;
      if (asked != DashboardKey::kNone) return asked;
    }
    return DashboardKey::kNone;
  }

  void Close() {
    if (screen_ == nullptr) return;
    Leave();
    screen_.reset();
    terminal_.reset();
  }

 private:
  void Enter() {
    terminal_->TakeModes(leave_);
    screen_->DrawAllAgain();
    drawing_ = true;
  }

  void Leave() {
    if (!std::exchange(drawing_, false)) return;
    const std::string bytes = screen_->Leave();
    if (!terminal_->in_foreground()) return;
    terminal_->Send(bytes);
    terminal_->Drain(kLeaveTimeout);
    terminal_->GiveModesBack();
  }

  void AnswerSignals() {
    if (terminal_->TakeStop()) {
      Leave();
      terminal_->StopProcess();
    }
    if (!terminal_->TakeContinue()) return;
    // The shell had the terminal; what it shows and its modes are not ours.
    if (std::exchange(drawing_, false)) static_cast<void>(screen_->Leave());
    changed_ = true;
  }

  DashboardKey Answer(char key) {
    switch (key) {
      case 'q':
      case 'Q':
        return DashboardKey::kQuit;
      case 'p':
      case 'P':
        return options_.can_pause ? DashboardKey::kPause : DashboardKey::kNone;
      case '\t':
        page_ = page_ == DashboardPage::kMain ? DashboardPage::kTables
                                              : DashboardPage::kMain;
        break;
      case '?':
        help_ = !help_;
        break;
      case '\f':
        screen_->DrawAllAgain();
        break;
      default:
        return DashboardKey::kNone;
    }
    changed_ = true;
    return DashboardKey::kNone;
  }

  void ShowHelp() {
    if (!help_) {
      screen_->ShowHelp(nullptr);
      return;
    }
    const CellGrid grid =
        RenderHelp(options_.can_pause, locale_.unicode(), screen_->size().rows,
                   screen_->size().columns);
    screen_->ShowHelp(&grid);
  }

  const DashboardOptions options_;
  const ThreadLocale locale_;  // before the screen, which asks for it
  std::unique_ptr<Terminal> terminal_;
  std::unique_ptr<Screen> screen_;
  std::string leave_;
  SnapshotHistory history_;
  KeyReader keys_;
  std::string typed_;
  DashboardPage page_ = DashboardPage::kMain;
  bool help_ = false;
  bool drawing_ = false;  // whether the terminal shows us
  bool changed_ = true;
  Clock::time_point next_{};
};

Result<std::unique_ptr<Dashboard>> Dashboard::Open(
    const DashboardOptions& options) {
  Result<std::unique_ptr<Terminal>> terminal = Terminal::Open();
  if (!terminal.ok()) return terminal.status();
  const char* const term = std::getenv("TERM");
  if (term != nullptr && std::string_view(term) == "dumb") {
    return Status(StatusCode::kUsage, "TERM is dumb");
  }
  auto impl = std::make_unique<Impl>(options, std::move(*terminal));
  if (!impl->Start()) {
    return Status(StatusCode::kUsage,
                  "TERM is " + SafeText(term == nullptr ? "not set" : term) +
                      ", which names no terminal that can be drawn on");
  }
  return std::unique_ptr<Dashboard>(new Dashboard(std::move(impl)));
}

Dashboard::Dashboard(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dashboard::~Dashboard() { impl_->Close(); }

bool Dashboard::Due() const { return impl_->Due(); }
void Dashboard::Show(const CollectSnapshot& snapshot) { impl_->Show(snapshot); }
DashboardKey Dashboard::ReadKey() { return impl_->ReadKey(); }
void Dashboard::Close() { impl_->Close(); }
void Dashboard::RestoreTerminal() noexcept { Terminal::Restore(); }

}  // namespace tillstorm
