#include "harness/progress_line.h"

#include <string>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

using std::chrono::seconds;

ProgressSnapshot Halfway() {
  ProgressSnapshot snapshot;
  snapshot.fraction = 0.5;
  snapshot.rows = 1'234'567;
  snapshot.bytes = 345'000'000;
  snapshot.elapsed = seconds(10);
  snapshot.virtual_now = FromMicros(1'767'614'400'000'000);  // 12:00
  return snapshot;
}

TEST_CASE("80 columns show every fact", "[progress_line]") {
  CHECK(ProgressText(Halfway(), 79) ==
        "[===   ]   50%  1.23M rows  123k rows/s  34 MB/s  ETA 10s  "
        "2026-01-05 12:00");
}

TEST_CASE("The bar grows with the terminal and no further than 42 columns",
          "[progress_line]") {
  const std::string text = ProgressText(Halfway(), 300);
  CHECK(text.substr(0, 44) ==
        "[" + std::string(20, '=') + std::string(20, ' ') + "]  ");
}

TEST_CASE("A line is never wider than the terminal", "[progress_line]") {
  for (size_t width = 0; width <= 200; ++width) {
    CHECK(ProgressText(Halfway(), width).size() <= width);
  }
}

TEST_CASE("Narrow terminals keep what matters most", "[progress_line]") {
  CHECK(ProgressText(Halfway(), 30) == " 50%  1.23M rows  ETA 10s");
  CHECK(ProgressText(Halfway(), 14) == " 50%  ETA 10s");
  CHECK(ProgressText(Halfway(), 4) == " 50%");
}

TEST_CASE("The percentage is rounded down and never passes 100",
          "[progress_line]") {
  ProgressSnapshot snapshot;
  snapshot.fraction = 0.9999;
  CHECK(PlainProgressText(snapshot) == "99%");
  snapshot.fraction = 1.0;
  CHECK(PlainProgressText(snapshot) == "100%");
  snapshot.fraction = 1.7;
  CHECK(PlainProgressText(snapshot) == "100%");
  snapshot.fraction = -3;
  CHECK(PlainProgressText(snapshot) == "0%");
}

TEST_CASE("Before the first row there is no rate and no ETA",
          "[progress_line]") {
  ProgressSnapshot snapshot;
  snapshot.fraction = 0.0;
  CHECK(ProgressText(snapshot, 79).find("ETA") == std::string::npos);
  CHECK(ProgressText(snapshot, 79).find("rows/s") == std::string::npos);
  snapshot.elapsed = seconds(3);
  CHECK(ProgressText(snapshot, 79).find("ETA") == std::string::npos);
}

TEST_CASE("Index building shows which of how many, without rates",
          "[progress_line]") {
  ProgressSnapshot snapshot;
  snapshot.stage = "index 3 of 100";
  snapshot.fraction = 0.02;
  snapshot.rows = 5'000'000;
  snapshot.elapsed = seconds(1);
  snapshot.show_rates = false;
  CHECK(PlainProgressText(snapshot) == "index 3 of 100  5.00M rows  ETA 49s");
}

TEST_CASE("A job of unknown length shows rows and rate, no bar",
          "[progress_line]") {
  ProgressSnapshot snapshot;
  snapshot.rows = 30'000;
  snapshot.elapsed = seconds(2);
  CHECK(ProgressText(snapshot, 79) == "30.0k rows  15.0k rows/s");
}

TEST_CASE("Where progress goes depends on flag, terminal and TERM",
          "[progress_line]") {
  using enum ProgressStyle;
  CHECK(ChooseProgressStyle(ProgressMode::kAuto, true, "xterm") == kRedrawn);
  CHECK(ChooseProgressStyle(ProgressMode::kAuto, true, "dumb") == kPlain);
  CHECK(ChooseProgressStyle(ProgressMode::kAuto, true, "") == kPlain);
  CHECK(ChooseProgressStyle(ProgressMode::kAuto, true, nullptr) == kPlain);
  CHECK(ChooseProgressStyle(ProgressMode::kAuto, false, "xterm") == kPlain);
  CHECK(ChooseProgressStyle(ProgressMode::kSilent, true, "xterm") == kOff);
  CHECK(ChooseProgressStyle(ProgressMode::kSilent, false, nullptr) == kOff);
}

TEST_CASE("Counts have three significant digits", "[progress_line]") {
  CHECK(CompactCount(0) == "0");
  CHECK(CompactCount(999) == "999");
  CHECK(CompactCount(999.7) == "1.00k");
  CHECK(CompactCount(1'000) == "1.00k");
  CHECK(CompactCount(9'999) == "10.0k");
  CHECK(CompactCount(12'345) == "12.3k");
  CHECK(CompactCount(99'990) == "100k");
  CHECK(CompactCount(999'499) == "999k");
  CHECK(CompactCount(999'500) == "1.00M");
  CHECK(CompactCount(2'500'000'000) == "2.50G");
}

TEST_CASE("Counts are grouped by threes", "[progress_line]") {
  CHECK(GroupedCount(0) == "0");
  CHECK(GroupedCount(999) == "999");
  CHECK(GroupedCount(1'000) == "1,000");
  CHECK(GroupedCount(-1'000) == "-1,000");
  CHECK(GroupedCount(-100) == "-100");
  CHECK(GroupedCount(1'234'567) == "1,234,567");
}

TEST_CASE("Durations show two units", "[progress_line]") {
  CHECK(CompactDuration(seconds(0)) == "0s");
  CHECK(CompactDuration(seconds(59)) == "59s");
  CHECK(CompactDuration(seconds(60)) == "1m00s");
  CHECK(CompactDuration(seconds(3'599)) == "59m59s");
  CHECK(CompactDuration(seconds(7'620)) == "2h07m");
  CHECK(CompactDuration(seconds(86'400)) == "1d00h");
}

TEST_CASE("Sizes are decimal", "[progress_line]") {
  CHECK(CompactBytes(0) == "0 B");
  CHECK(CompactBytes(999) == "999 B");
  CHECK(CompactBytes(1'000) == "1.00 kB");
  CHECK(CompactBytes(123'456'789) == "123 MB");
}

}  // namespace
}  // namespace tillstorm
