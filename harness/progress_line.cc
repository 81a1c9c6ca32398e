#include "harness/progress_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace tillstorm {
namespace {

constexpr std::chrono::milliseconds kRedrawInterval{100};
constexpr std::chrono::seconds kPlainInterval{5};
constexpr size_t kBarMin = 6;  // columns, brackets included
constexpr size_t kBarMax = 42;
constexpr size_t kFieldsWidth = 71;  // of all fields at their widest, nearly
constexpr size_t kWidthUnknown = 80;

struct Field {
  std::string text;
  int rank = 0;  // the highest goes first when space is short
};

double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string Percent(double fraction) {
  // Rounded down: 100 % means all of it.
  return fmt::format("{:3}%", static_cast<int>(std::floor(fraction * 100)));
}

void AddRates(const ProgressSnapshot& snapshot, std::vector<Field>* fields) {
  const double elapsed = Seconds(snapshot.elapsed);
  if (elapsed <= 0 || !snapshot.show_rates) return;
  const double rate = static_cast<double>(snapshot.rows) / elapsed;
  fields->push_back({CompactCount(rate) + " rows/s", 3});
  if (snapshot.bytes) {
    const double mb = static_cast<double>(*snapshot.bytes) / 1e6 / elapsed;
    fields->push_back({fmt::format("{:.{}f} MB/s", mb, mb < 10 ? 1 : 0), 5});
  }
}

// In the order in which they are shown.
std::vector<Field> Fields(const ProgressSnapshot& snapshot) {
  std::vector<Field> fields;
  const double fraction = std::clamp(snapshot.fraction.value_or(0.0), 0.0, 1.0);
  if (!snapshot.stage.empty()) {
    fields.push_back({snapshot.stage, 0});
  } else if (snapshot.fraction) {
    fields.push_back({Percent(fraction), 0});
  }
  if (snapshot.rows > 0) {
    const auto rows = static_cast<double>(snapshot.rows);
    fields.push_back({CompactCount(rows) + " rows", 2});
  }
  AddRates(snapshot, &fields);
  if (fraction > 0 && fraction < 1 && snapshot.elapsed.count() > 0) {
    const double left = Seconds(snapshot.elapsed) * (1 - fraction) / fraction;
    // A guess of more than a year is none.
    if (left < 3.0e7) {
      const std::chrono::seconds eta{static_cast<int64_t>(std::ceil(left))};
      fields.push_back({"ETA " + CompactDuration(eta), 1});
    }
  }
  if (snapshot.virtual_now) {
    fields.push_back({SqlDateTime(*snapshot.virtual_now).substr(0, 16), 4});
  }
  return fields;
}

size_t Columns(const std::vector<Field>& fields) {
  size_t columns = fields.empty() ? 0 : 2 * (fields.size() - 1);
  for (const Field& field : fields) columns += field.text.size();
  return columns;
}

std::string Join(const std::vector<Field>& fields) {
  std::string text;
  for (const Field& field : fields) {
    if (!text.empty()) text += "  ";
    text += field.text;
  }
  return text;
}

std::string Bar(double fraction, size_t columns) {
  const size_t inside = columns - 2;
  const auto filled = static_cast<size_t>(std::clamp(fraction, 0.0, 1.0) *
                                          static_cast<double>(inside));
  return "[" + std::string(filled, '=') + std::string(inside - filled, ' ') +
         "]";
}

size_t TerminalWidth() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return kWidthUnknown;
  }
  return size.ws_col;
}

// No retry: a terminal that is stopped must not keep a signal waiting.
void WriteOnce(std::string_view text) {
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;
}

}  // namespace

ProgressStyle ChooseProgressStyle(ProgressMode mode, bool is_terminal,
                                  const char* term) {
  if (mode == ProgressMode::kSilent) return ProgressStyle::kOff;
  if (!is_terminal || term == nullptr) return ProgressStyle::kPlain;
  const std::string_view name = term;
  return name.empty() || name == "dumb" ? ProgressStyle::kPlain
                                        : ProgressStyle::kRedrawn;
}

std::string ProgressText(const ProgressSnapshot& snapshot, size_t width) {
  std::vector<Field> fields = Fields(snapshot);
  const bool has_bar = snapshot.fraction.has_value();
  const size_t bar_min = has_bar && width >= 40 ? kBarMin + 2 : 0;
  while (fields.size() > 1 && Columns(fields) + bar_min > width) {
    fields.erase(std::max_element(
        fields.begin(), fields.end(),
        [](const Field& a, const Field& b) { return a.rank < b.rank; }));
  }
  std::string text = Join(fields);
  if (text.size() > width) text.resize(width);
  if (!has_bar || text.size() + kBarMin + 2 > width) return text;
  // Of one size for the whole run, whatever the fields do.
  const size_t wanted =
      std::clamp(width, kBarMin + kFieldsWidth, kBarMax + kFieldsWidth) -
      kFieldsWidth;
  const size_t columns = std::min(width - text.size() - 2, wanted);
  return Bar(*snapshot.fraction, columns) + "  " + text;
}

std::string PlainProgressText(const ProgressSnapshot& snapshot) {
  std::string text = Join(Fields(snapshot));
  text.erase(0, text.find_first_not_of(' '));
  return text;
}

std::string CompactCount(double count) {
  static constexpr std::array<std::string_view, 5> kUnits = {"", "k", "M", "G",
                                                             "T"};
  size_t unit = 0;
  // 999.5 would be shown as 1000.
  while (count >= 999.5 && unit + 1 < kUnits.size()) {
    count /= 1000;
    ++unit;
  }
  const int digits = unit == 0 || count >= 99.95 ? 0 : count >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}{}", count, digits, kUnits[unit]);
}

std::string GroupedCount(int64_t count) {
  std::string digits = fmt::format("{}", count);
  const size_t first = count < 0 ? 1 : 0;
  for (size_t i = digits.size(); i > first + 3; i -= 3) {
    digits.insert(i - 3, 1, ',');
  }
  return digits;
}

std::string CompactDuration(std::chrono::seconds duration) {
  const int64_t s = duration.count();
  if (s < 60) return fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}m{:02}s", s / 60, s % 60);
  if (s < 86'400) return fmt::format("{}h{:02}m", s / 3600, s / 60 % 60);
  return fmt::format("{}d{:02}h", s / 86'400, s / 3600 % 24);
}

std::string CompactBytes(int64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  std::string text = CompactCount(static_cast<double>(bytes));
  text.insert(text.size() - 1, 1, ' ');
  return text + "B";
}

ProgressLine::ProgressLine(ProgressMode mode)
    : style_(ChooseProgressStyle(mode, isatty(STDERR_FILENO) == 1,
                                 std::getenv("TERM"))),
      next_(std::chrono::steady_clock::now() +
            (style_ == ProgressStyle::kPlain
                 ? std::chrono::milliseconds(kPlainInterval)
                 : kRedrawInterval)) {}

ProgressLine::~ProgressLine() { Clear(); }

bool ProgressLine::Due() const {
  return style_ != ProgressStyle::kOff &&
         std::chrono::steady_clock::now() >= next_;
}

void ProgressLine::Show(const ProgressSnapshot& snapshot) {
  if (style_ == ProgressStyle::kOff) return;
  const auto now = std::chrono::steady_clock::now();
  if (style_ == ProgressStyle::kPlain) {
    next_ = now + kPlainInterval;
    WriteOnce("tillstorm: " + PlainProgressText(snapshot) + "\n");
    return;
  }
  next_ = now + kRedrawInterval;
  // The last column stays free: some terminals wrap when it is filled.
  const size_t width = TerminalWidth() - 1;
  std::string line = "\r" + ProgressText(snapshot, width);
  const size_t columns = line.size() - 1;
  const size_t columns_before = std::min(columns_drawn_, width);
  if (columns_before > columns) line.append(columns_before - columns, ' ');
  columns_drawn_ = columns;
  WriteOnce(line);
}

void ProgressLine::Clear() {
  if (columns_drawn_ == 0) return;
  const size_t columns = std::min(columns_drawn_, TerminalWidth() - 1);
  WriteOnce("\r" + std::string(columns, ' ') + "\r");
  columns_drawn_ = 0;
}

}  // namespace tillstorm
