// The flags of run_options.h that say how a live collection runs.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <numeric>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "harness/run_options.h"

namespace tillstorm {
namespace {

constexpr int64_t kSpeedMax = 1'000'000;
constexpr size_t kSpeedDecimalsMax = 6;
constexpr Micros kDurationMin{1'000};
constexpr Micros kDefaultLinger{100'000};
// In the order in which messages list them; the last is for no live dataset.
constexpr std::array<std::pair<std::string_view, Durability>, 4> kLevels = {
    {{"power", Durability::kPower},
     {"process", Durability::kProcess},
     {"relaxed", Durability::kRelaxed},
     {"bulk", Durability::kBulk}}};

Status Usage(std::string message) {
  return {StatusCode::kUsage, std::move(message)};
}

// A duration that must lie in [low, high]; `standard` when it is not given.
Result<Micros> ReadMicros(const FlagValues& flags, std::string_view flag,
                          Micros low, Micros high, Micros standard) {
  const std::string* text = flags.Find(flag);
  if (text == nullptr) return standard;
  const Result<Micros> value = ParseDuration(*text);
  if (!value.ok()) {
    return Usage(fmt::format("--{}: {}", flag, value.status().message()));
  }
  if (*value < low || *value > high) {
    return Usage(fmt::format("--{} is {}; it must lie between {} and {}", flag,
                             *text, FormatDuration(low), FormatDuration(high)));
  }
  return *value;
}

// Decimal digits alone, at most that many.
bool ParseDigits(std::string_view text, size_t size_max, int64_t* value) {
  if (text.empty() || text.size() > size_max ||
      text.find_first_not_of("0123456789") != std::string_view::npos) {
    return false;
  }
  std::from_chars(text.data(), text.data() + text.size(), *value);
  return true;
}

// `60` or `0.5`, in (0, kSpeedMax].
bool ParseFactor(std::string_view text, Speed* speed) {
  const size_t dot = text.find('.');
  const bool has_decimals = dot != std::string_view::npos;
  std::string_view decimals = has_decimals ? text.substr(dot + 1) : "0";
  int64_t whole = 0;
  int64_t fraction = 0;
  if (!ParseDigits(text.substr(0, dot), 18, &whole) ||
      !ParseDigits(decimals, kSpeedDecimalsMax, &fraction)) {
    return false;
  }
  speed->denominator = 1;
  for (size_t i = 0; i < decimals.size(); ++i) speed->denominator *= 10;
  if (whole > kSpeedMax) return false;
  speed->numerator = whole * speed->denominator + fraction;
  if (speed->numerator == 0 ||
      speed->numerator > kSpeedMax * speed->denominator) {
    return false;
  }
  const int64_t divisor = std::gcd(speed->numerator, speed->denominator);
  speed->numerator /= divisor;
  speed->denominator /= divisor;
  return true;
}

// Whether two paths are names of one file, whether or not it exists.
bool IsSameFile(const std::filesystem::path& one,
                const std::filesystem::path& other) {
  std::error_code error;
  if (std::filesystem::equivalent(one, other, error)) return true;
  const auto canonical_one = std::filesystem::weakly_canonical(one, error);
  if (error) return one == other;
  const auto canonical_other = std::filesystem::weakly_canonical(other, error);
  return !error && canonical_one == canonical_other;
}

}  // namespace

Result<std::optional<Micros>> ReadDuration(const FlagValues& flags) {
  if (!flags.Has("duration")) return std::optional<Micros>();
  const Result<Micros> value =
      ReadMicros(flags, "duration", kDurationMin, kSpanMax, kDurationMin);
  if (!value.ok()) return value.status();
  return std::optional<Micros>(*value);
}

Result<Speed> ReadSpeed(const FlagValues& flags) {
  const std::string* text = flags.Find("speed");
  Speed speed;
  if (text == nullptr) return speed;
  if (*text == "max") {
    speed.max = true;
    return speed;
  }
  const std::string_view factor = std::string_view(*text);
  if (factor.ends_with('x') &&
      ParseFactor(factor.substr(0, factor.size() - 1), &speed)) {
    return speed;
  }
  return Usage(
      fmt::format("--speed is '{}'; it must be max or a factor above 0x and at "
                  "most {}x, with at most {} decimals, such as 1x, 60x or 0.5x",
                  *text, kSpeedMax, kSpeedDecimalsMax));
}

Result<HostKind> ReadHost(const FlagValues& flags) {
  static constexpr std::array<std::string_view, 2> kWords = {"threads", "pool"};
  const Result<size_t> word = ReadWord(flags, "host", kWords);
  if (!word.ok()) return word.status();
  return *word == 0 ? HostKind::kThreads : HostKind::kPool;
}

Result<Durability> ReadDurability(const FlagValues& flags) {
  const std::string* text = flags.Find("durability");
  if (text == nullptr) return Durability::kProcess;
  for (const auto& [word, level] : kLevels) {
    if (*text == word && level != Durability::kBulk) return level;
  }
  return Usage(fmt::format(
      "--durability is '{}'{}; it must be one of power, process, relaxed",
      *text, *text == "bulk" ? ", which is for generate and bench" : ""));
}

Result<Durability> ReadAnyDurability(const FlagValues& flags) {
  const std::string* text = flags.Find("durability");
  if (text == nullptr) return Durability::kProcess;
  for (const auto& [word, level] : kLevels) {
    if (*text == word) return level;
  }
  return Usage(fmt::format(
      "--durability is '{}'; it must be one of power, process, relaxed, bulk",
      *text));
}

Result<IndexMode> ReadLiveIndexMode(const FlagValues& flags) {
  if (!flags.Has("indexes")) return IndexMode::kInline;
  const Result<IndexMode> mode = ReadIndexMode(flags);
  if (!mode.ok() || *mode != IndexMode::kDeferred) return mode;
  return Usage(
      "--indexes is deferred, which is for generate and for bench at "
      "durability bulk; it must be inline or none");
}

Result<Micros> ReadLinger(const FlagValues& flags) {
  return ReadMicros(flags, "linger", Micros{0}, kLingerMax, kDefaultLinger);
}

Result<DashboardMode> ReadDashboard(const FlagValues& flags) {
  static constexpr std::array<std::string_view, 3> kWords = {"auto", "on",
                                                             "off"};
  const Result<size_t> word = ReadWord(flags, "dashboard", kWords);
  if (!word.ok()) return word.status();
  return std::array{DashboardMode::kAuto, DashboardMode::kOn,
                    DashboardMode::kOff}[*word];
}

Result<std::string> ReadLog(const FlagValues& flags, const Location& to) {
  const std::string* text = flags.Find("log");
  if (text == nullptr) return std::string();
  std::error_code error;
  const std::filesystem::path log = std::filesystem::absolute(*text, error);
  if (error) {
    return Usage(
        fmt::format("--log is '{}', which cannot be made absolute: "
                    "{}; give an absolute path",
                    *text, error.message()));
  }
  if (!log.has_filename() || std::filesystem::is_directory(log, error)) {
    return Usage(fmt::format(
        "--log is '{}', a directory; it must be the path of a file", *text));
  }
  if (!to.keeps()) return log.string();
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    if (IsSameFile(log, to.path + suffix)) {
      return Usage(fmt::format(
          "--log is '{}', a file of the dataset itself; give another path",
          *text));
    }
  }
  return log.string();
}

std::string_view DurabilityName(Durability durability) {
  for (const auto& [word, level] : kLevels) {
    if (durability == level) return word;
  }
  return "";
}

std::string SpeedName(const Speed& speed) {
  if (speed.max) return "max";
  // Exact: the denominator divides a million.
  constexpr int64_t kMillion = 1'000'000;
  const int64_t millionths = speed.numerator * (kMillion / speed.denominator);
  std::string text =
      fmt::format("{}.{:06}", millionths / kMillion, millionths % kMillion);
  text.resize(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + "x";
}

}  // namespace tillstorm
