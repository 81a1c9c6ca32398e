#include "harness/preflight.h"

#include <fmt/format.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <clocale>
#include <cstdlib>
#include <ctime>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "harness/version.h"
#include "storage/probe.h"

namespace tillstorm {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr Instant kClockMin{Micros{1'577'836'800'000'000}};  // 2020
constexpr Instant kClockMax{Micros{4'102'444'800'000'000}};  // 2100
constexpr std::chrono::milliseconds kNap{1};

// `1.0.3` as 1'000'003.
std::optional<int> VersionNumber(std::string_view text) {
  int number = 0;
  for (int part = 0; part < 3; ++part) {
    int value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value < 0 || value > 999) return std::nullopt;
    number = number * 1'000 + value;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (part == 2) break;
    if (!text.starts_with('.')) return std::nullopt;
    text.remove_prefix(1);
  }
  return number;
}

ClockReadings ReadClocks(Instant now) {
  ClockReadings readings;
  readings.now = now;
  timespec resolution{};
  if (clock_getres(CLOCK_MONOTONIC, &resolution) == 0) {
    readings.resolution = std::chrono::seconds(resolution.tv_sec) +
                          std::chrono::nanoseconds(resolution.tv_nsec);
  }
  const auto before = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(kNap);
  readings.advanced = std::chrono::steady_clock::now() - before;
  return readings;
}

// Whether the user's locale writes UTF-8. The program's own stays as it is.
bool IsUtf8() {
  const locale_t locale = newlocale(LC_CTYPE_MASK, "", locale_t{});
  if (locale == locale_t{}) return false;
  const bool utf8 = std::string_view(nl_langinfo_l(CODESET, locale)) == "UTF-8";
  freelocale(locale);
  return utf8;
}

PreflightLine ProbeTerminal() {
  constexpr const char* kCheck = "terminal";
  constexpr int kColumnsMin = 80;
  constexpr int kRowsMin = 24;
  if (isatty(STDOUT_FILENO) == 0) {
    return PreflightLine::Passed(
        kCheck, "standard output is none: plain lines, no dashboard");
  }
  const char* type = std::getenv("TERM");
  if (type == nullptr || *type == '\0' || std::string_view(type) == "dumb") {
    return PreflightLine::Warning(
        kCheck, "its kind is unknown, so that no dashboard can be drawn",
        "set TERM to what it is, such as xterm-256color");
  }
  if (!IsUtf8()) {
    return PreflightLine::Warning(
        kCheck, "the locale is not one with UTF-8",
        "set LC_ALL to one, such as C.UTF-8, for the dashboard's lines");
  }
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
      (size.ws_col < kColumnsMin || size.ws_row < kRowsMin)) {
    return PreflightLine::Warning(
        kCheck,
        fmt::format("it has {} columns and {} rows", size.ws_col, size.ws_row),
        "make it 80 by 24 or larger for the dashboard");
  }
  return PreflightLine::Passed(kCheck, fmt::format("{}, UTF-8", type));
}

void Append(std::vector<PreflightLine> more,
            std::vector<PreflightLine>* lines) {
  std::move(more.begin(), more.end(), std::back_inserter(*lines));
}

int64_t AgentsThere(const std::optional<Manifest>& manifest) {
  if (!manifest) return AgentCount(StandardScenario());
  const Result<Scenario> scenario =
      Scenario::FromCanonicalJson(manifest->scenario);
  return AgentCount(scenario.ok() ? *scenario : StandardScenario());
}

// What stands after the verdict.
std::string Sentence(const PreflightLine& line) {
  if (line.cure.empty()) return line.message;
  return fmt::format("{}; {}{}", line.message,
                     line.verdict == Verdict::kMitigated ? "mitigated: " : "",
                     line.cure);
}

}  // namespace

int Preflight::Count(Verdict verdict) const {
  return static_cast<int>(std::count_if(lines.begin(), lines.end(),
                                        [verdict](const PreflightLine& line) {
                                          return line.verdict == verdict;
                                        }));
}

int64_t AgentCount(const Scenario& scenario) {
  return int64_t{scenario.site_count()} + scenario.devices + scenario.traffic;
}

Preflight RunPreflight(const PreflightNeeds& needs) {
  LocationProbe probe;
  if (needs.location) {
    ProbeNeeds probe_needs;
    probe_needs.expected_bytes = needs.expected_bytes;
    probe_needs.stream_version = kStreamVersion;
    probe_needs.adopts = needs.adopts;
    probe_needs.lanes = static_cast<int>(needs.threads.lanes);
    probe_needs.stop = needs.stop;
    probe_needs.say = needs.say;
    probe = ProbeLocation(*needs.location, probe_needs);
  }
  ThreadNeeds threads = needs.threads;
  if (threads.agent_threads == 0) {
    threads.agent_threads = AgentsThere(probe.manifest);
  }
  Preflight preflight;
  std::vector<PreflightLine>* const lines = &preflight.lines;
  Append(ProbeLibraries(), lines);
  lines->push_back(JudgeQueueVersion(QueueVersion()));
  Append(JudgeMachine(ReadMachine(), threads), lines);
  lines->push_back(JudgeClock(ReadClocks(needs.now)));
  lines->push_back(ProbeTerminal());
  Append(std::move(probe.lines), lines);
  return preflight;
}

Status PreflightStatus(const Preflight& preflight) {
  for (const PreflightLine& line : preflight.lines) {
    if (line.verdict == Verdict::kFailed) return {line.code, Sentence(line)};
  }
  return Status::Ok();
}

std::string PreflightText(const Preflight& preflight) {
  std::string text;
  for (const PreflightLine& line : preflight.lines) {
    std::string row = fmt::format("{:<12} {:<9} {}", line.check,
                                  Name(line.verdict), Sentence(line));
    for (char& c : row) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    }
    text += row + "\n";
  }
  return text;
}

std::string PreflightJson(const Preflight& preflight) {
  OrderedJson json;
  json["ready"] = PreflightStatus(preflight).ok();
  json["exit_code"] = PreflightStatus(preflight).exit_code();
  json["checks"] = OrderedJson::array();
  for (const PreflightLine& line : preflight.lines) {
    json["checks"].push_back({{"check", line.check},
                              {"verdict", Name(line.verdict)},
                              {"message", line.message},
                              {"cure", line.cure},
                              {"exit_code", static_cast<int>(line.code)}});
  }
  // A location may hold bytes that are no UTF-8.
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

PreflightLine JudgeQueueVersion(std::string_view version) {
  constexpr const char* kCheck = "queue";
  constexpr int kFixed = 1'000'005;
  const std::optional<int> number = VersionNumber(version);
  if (number && *number >= kFixed) {
    return PreflightLine::Passed(kCheck,
                                 fmt::format("moodycamel version {}", version));
  }
  return PreflightLine::Mitigated(
      kCheck,
      version.empty()
          ? "moodycamel of an unknown version may have faults when it is used "
            "without tokens (fixed in 1.0.5)"
          : fmt::format("moodycamel version {} has faults when it is used "
                        "without tokens (fixed in 1.0.5)",
                        version),
      "explicit tokens");
}

PreflightLine JudgeClock(const ClockReadings& readings) {
  constexpr const char* kCheck = "clock";
  constexpr std::chrono::milliseconds kResolutionMax{1};
  constexpr std::chrono::seconds kNapMax{1};
  if (readings.now < kClockMin || readings.now >= kClockMax) {
    return PreflightLine::Failed(
        StatusCode::kUnavailable, kCheck,
        fmt::format("the system's clock says {}", IsoDateTime(readings.now)),
        "set it to the time of day");
  }
  if (readings.advanced < kNap) {
    return PreflightLine::Failed(
        StatusCode::kUnavailable, kCheck,
        fmt::format("the steady clock advanced {} us while 1 ms was slept",
                    readings.advanced.count() / 1'000),
        "have the system use another clock source");
  }
  if (readings.resolution > kResolutionMax) {
    return PreflightLine::Warning(
        kCheck,
        fmt::format("the steady clock ticks every {} us",
                    readings.resolution.count() / 1'000),
        "have the system use another clock source, or agents are late by "
        "that much");
  }
  if (readings.advanced > kNapMax) {
    return PreflightLine::Warning(
        kCheck,
        fmt::format("a sleep of 1 ms took {} ms",
                    readings.advanced.count() / 1'000'000),
        "stop other programs, or agents are late by that much");
  }
  return PreflightLine::Passed(
      kCheck, fmt::format("{}, ticks every {} ns", IsoDateTime(readings.now),
                          readings.resolution.count()));
}

}  // namespace tillstorm
