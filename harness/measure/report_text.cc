#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/measure/named_figures.h"
#include "harness/measure/report_formats.h"
#include "harness/measure/report_words.h"
#include "harness/progress_line.h"
#include "harness/safe_text.h"

namespace tillstorm {
namespace {

constexpr size_t kWidth = 80;
constexpr size_t kLinesMax = 23;  // the prompt takes one more
constexpr size_t kIndent = 10;

size_t Columns(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::vector<std::string> Words(std::string_view text) {
  constexpr size_t kTextMax = 1000;
  const std::string safe = SafeText(text, kTextMax);
  std::vector<std::string> words;
  for (size_t at = 0; at < safe.size();) {
    const size_t end = std::min(safe.find(' ', at), safe.size());
    if (end > at) {
      words.push_back(SafeText(std::string_view(safe).substr(at, end - at),
                               kWidth - kIndent - 4));
    }
    at = end + 1;
  }
  return words;
}

class Screen {
 public:
  // `name` in a column of its own, the text beside it in at most `lines_max`
  // lines.
  void Add(std::string_view name, std::string_view text, size_t lines_max) {
    Wrap(fmt::format("{:<{}}", name, kIndent), text, lines_max);
  }
  void AddHeadline(std::string_view text) { Wrap("", text, 2); }
  void AddLine(std::string line) { lines_.push_back(std::move(line)); }

  [[nodiscard]] size_t left() const { return kLinesMax - lines_.size(); }
  [[nodiscard]] std::string Text() const {
    std::string text;
    for (const std::string& line : lines_) {
      text.append(line, 0, line.find_last_not_of(' ') + 1);
      text += '\n';
    }
    return text;
  }

 private:
  // Appends the words of `text` to `line`, and goes on in further lines.
  void Wrap(std::string line, std::string_view text, size_t lines_max) {
    size_t lines = 1;
    bool fresh = true;  // no word in this line yet
    const std::vector<std::string> words = Words(text);
    for (const std::string& word : words) {
      const bool may_be_cut = lines == lines_max && &word != &words.back();
      const size_t room = kWidth - (may_be_cut ? 4 : 0);
      if (!fresh && Columns(line) + 1 + Columns(word) > room) {
        if (lines == lines_max) {
          line += " ...";
          break;
        }
        lines_.push_back(std::exchange(line, std::string(kIndent, ' ')));
        ++lines;
        fresh = true;
      }
      line += fresh ? word : " " + word;
      fresh = false;
    }
    lines_.push_back(std::move(line));
  }

  std::vector<std::string> lines_;
};

void AddRate(const RunRecord& record, Screen* screen) {
  const PhaseFacts& phases = record.phases;
  screen->Add(
      "rate",
      fmt::format("{} rows/s at durability {} over {:.1f} s; {} with "
                  "{:.1f} s of warm-up, {} settled",
                  FigureText(record, "rows_per_s"), record.setup.durability,
                  phases.measured_s, FigureText(record, "whole_rows_per_s"),
                  phases.warmup_s, FigureText(record, "settled_rows_per_s")),
      2);
}

void AddCeilings(const RunRecord& record, Screen* screen) {
  std::string text;
  for (const Ceiling& ceiling : record.ceilings) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", ceiling.name,
                        NumberText(ceiling.rows_per_s));
    for (const RatioRow& row : RatioRows()) {
      if (row.ceiling != ceiling.name) continue;
      text += fmt::format(" ({} {})", row.name, FigureText(record, row.figure));
    }
  }
  screen->Add("ceilings", text.empty() ? "not measured" : text + " rows/s", 2);
}

void AddLatency(const RunRecord& record, Screen* screen) {
  if (record.verdict.withholds_percentiles) {
    screen->Add("latency", "withheld", 1);
    return;
  }
  std::string line = fmt::format("{:<14}", "latency");
  for (const std::string_view column : kLatencyColumns) {
    line += fmt::format("{:>11}", column);
  }
  screen->AddLine(line);
  for (const LatencyRow& row : LatencyRows()) {
    if (row.name.starts_with(' ')) continue;  // no room for parts of a part
    line = fmt::format("  {:<12}", row.name);
    for (const std::string_view column : kLatencyColumns) {
      line += fmt::format("{:>11}",
                          FigureText(record, row.prefix + std::string(column)));
    }
    screen->AddLine(line);
  }
}

void AddCost(const RunRecord& record, Screen* screen) {
  const CostFacts& cost = record.cost;
  if (cost.rss_max_bytes == 0) {  // it was killed before
    screen->Add("cost", "not measured", 1);
    return;
  }
  screen->Add(
      "cost",
      fmt::format("{} us/row of processor, the server {}; {} bytes written by "
                  "logical byte; {} fsyncs; {} commits/s of {} rows; {} RSS",
                  FigureText(record, "cpu_us_per_row"),
                  FigureText(record, "server_cpu_us_per_row"),
                  FigureText(record, "written_per_logical_byte"),
                  FigureText(record, "fsyncs"), NumberText(cost.commits_per_s),
                  FigureText(record, "rows_per_commit"),
                  CompactBytes(cost.rss_max_bytes)),
      2);
}

void AddReasons(const VerdictFacts& verdict, Screen* screen) {
  std::vector<std::pair<std::string_view, const ReasonFacts*>> all;
  for (const ReasonFacts& reason : verdict.reasons) {
    all.emplace_back("reason", &reason);
  }
  for (const ReasonFacts& warning : verdict.warnings) {
    all.emplace_back("warning", &warning);
  }
  for (size_t i = 0; i < all.size(); ++i) {
    if (screen->left() <= 1 && i + 1 < all.size()) {
      screen->Add(
          "", fmt::format("and {} more: see --format md", all.size() - i), 1);
      return;
    }
    screen->Add(
        all[i].first,
        fmt::format("{}: {}", all[i].second->code, all[i].second->sentence), 1);
  }
}

}  // namespace

std::string TextReport(const ReportedRun& run) {
  const RunRecord& record = run.record;
  Screen screen;
  screen.AddHeadline(fmt::format("{}: {}", VerdictName(record.verdict.kind),
                                 record.verdict.headline));
  screen.Add("run",
             fmt::format("{}, tillstorm {} {}", record.name,
                         record.build.version, record.build.commit),
             1);
  screen.Add("load", LoadText(record), 1);
  screen.Add("engine", EngineText(record), 1);
  screen.Add("batches",
             fmt::format("{}; {} devices, seed {}", BatchText(record),
                         record.setup.devices, record.setup.seed),
             1);
  AddRate(record, &screen);
  AddCeilings(record, &screen);
  AddLatency(record, &screen);
  AddCost(record, &screen);
  screen.Add("account", AccountText(record), 1);
  if (run.counts) screen.Add("registry", CountsText(*run.counts), 1);
  AddReasons(record.verdict, &screen);
  return screen.Text();
}

}  // namespace tillstorm
