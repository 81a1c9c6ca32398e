// The encoded histograms and their percentiles are those of hdr-histogram-js
// 3.0.1 (64-bit buckets), the base64 texts those of RFC 4648.
#include "harness/measure/hdr_log.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "harness/measure/base64.h"
#include "harness/measure/hdr_payload.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

// 12,345 times 1 to 1,000 once each, then 300 times 5,000,000,000.
constexpr std::string_view kThousand =
    "HISTFAAAAG94nJNpmSzMwMCUxcDAwMjAwMDEAAbMLxgYmN0MdixggAJGfSZdFAjiKzOJIkFxKM"
    "3"
    "NxIkTosqxMjGTCfHpZGKgCSJWIQsTE0FEWAX5etjYWECIhQ0Poq4MqiQXDxcIQSksHDySLOsFb"
    "7"
    "AAAJ+TEeI=";
// 1, 3, and 4,000,000,000 times 700; values 1 to 1,000 with 3 digits.
constexpr std::string_view kBillions =
    "HISTFAAAACt4nJNpmSzMwMDAzcDAwMjAwMDMAAGMEIr5BZzPxMD0nqthwc1nsgBkngY8";

Instant At(std::string_view iso) {
  const Result<Instant> instant = ParseIsoDateTime(iso);
  REQUIRE(instant.ok());
  return *instant;
}

std::string DecodeError(std::string_view base64) {
  const Result<HdrCounts> counts = DecodeHdrPayload(base64);
  if (counts.ok()) return "(accepted)";
  CHECK(counts.status().code() == StatusCode::kBadInput);
  return counts.status().message();
}

struct ReadLog {
  Status status;
  std::vector<HdrLogLine> lines;
};

ReadLog Read(std::string_view text) {
  ReadLog log;
  log.status = ReadHdrLog(text, "a.hlog", [&](HdrLogLine line) {
    log.lines.push_back(std::move(line));
    return Status::Ok();
  });
  return log;
}

bool SameCounts(const Histogram& left, const Histogram& right) {
  return std::ranges::equal(left.counts(), right.counts());
}

TEST_CASE("base64 is that of RFC 4648", "[hdr_log]") {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xff\xfe\xfb", "//77"}};
  for (const auto& [bytes, text] : pairs) {
    CHECK(EncodeBase64(bytes) == text);
    CHECK(DecodeBase64(text) == bytes);
  }
  for (const char* wrong : {"Z", "Zg=", "Zh==", "Zm9v!===", "Z===", "Zm 9"}) {
    INFO(wrong);
    CHECK_FALSE(DecodeBase64(wrong).has_value());
  }
}

TEST_CASE("a histogram that HdrHistogram encoded is read", "[hdr_log]") {
  const Result<HdrCounts> thousand = DecodeHdrPayload(kThousand);
  REQUIRE(thousand.ok());
  CHECK(thousand->layout == HistogramLayout::Latency(2));
  const Histogram histogram =
      Histogram::Restore(thousand->layout, thousand->counts, 0, 5'000'000'511);
  CHECK(histogram.count() == 1'300);
  CHECK(histogram.Percentile(50) == 8'028'159);
  CHECK(histogram.Percentile(100) == 5'000'000'511);
  Histogram same(HistogramLayout::Latency(2));
  for (int64_t i = 1; i <= 1'000; ++i) same.Record(i * 12'345);
  same.Record(5'000'000'000, 300);
  CHECK(SameCounts(histogram, same));

  const Result<HdrCounts> billions = DecodeHdrPayload(kBillions);
  REQUIRE(billions.ok());
  CHECK(billions->layout == HistogramLayout(1, 1'000, 3));
  REQUIRE(billions->counts.size() == 701);
  CHECK(billions->counts[1] == 1);
  CHECK(billions->counts[2] == 0);
  CHECK(billions->counts[3] == 1);
  CHECK(billions->counts[700] == 4'000'000'000);
}

TEST_CASE("a histogram comes back from its encoding as it was", "[hdr_log]") {
  Histogram histogram(HistogramLayout::Latency(3));
  SECTION("nothing recorded") {}
  SECTION("many values") {
    for (int64_t i = 0; i < 5'000; ++i) histogram.Record(i * i * i * 7, i % 3);
  }
  SECTION("counts of every size") {
    for (int64_t bits = 0; bits < 61; ++bits) {
      histogram.Record((bits + 1) * 1'000'000'000, int64_t{1} << bits);
    }
  }
  SECTION("only the first and the last bucket") {
    histogram.Record(0);
    histogram.Record(3'600'000'000'000);
  }
  const Result<HdrCounts> read = DecodeHdrPayload(EncodeHdrPayload(histogram));
  REQUIRE(read.ok());
  CHECK(read->layout == histogram.layout());
  const Histogram restored =
      Histogram::Restore(read->layout, read->counts, 0, histogram.max());
  CHECK(SameCounts(restored, histogram));
  CHECK(restored.count() == histogram.count());
}

TEST_CASE("what is no encoded histogram is refused in words", "[hdr_log]") {
  CHECK(DecodeError("HIST!AAA") == "is no base64");
  CHECK(DecodeError("") == "is no compressed histogram of HdrHistogram V2");
  CHECK(DecodeError("AAAAAAAAAAAA") ==
        "is no compressed histogram of HdrHistogram V2");
  std::string bytes = *DecodeBase64(kThousand);
  CHECK(DecodeError(EncodeBase64(bytes.substr(0, bytes.size() - 1))) ==
        "says that it has 111 compressed bytes, and has 110");
  bytes[30] = static_cast<char>(bytes[30] ^ 0x55);
  CHECK_THAT(DecodeError(EncodeBase64(bytes)), HoldsText("zlib"));
}

TEST_CASE("a histogram log is what HdrHistogram's readers expect",
          "[hdr_log]") {
  Histogram histogram(HistogramLayout::Latency(2));
  histogram.Record(12'345'678);
  CHECK(HdrLogHeader(At("2025-11-29T10:50:00.25Z"), "made by a test") ==
        "#[made by a test]\n"
        "#[Histogram log format version 1.3]\n"
        "#[StartTime: 1764413400.250 (seconds since epoch), "
        "2025-11-29T10:50:00.250000Z]\n"
        "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
        "\"Interval_Compressed_Histogram\"\n");
  CHECK_THAT(HdrLogText({"total", 0.5, 1, histogram}),
             HoldsText("Tag=total,0.500,1.000,12.345678,HISTF"));
  CHECK_THAT(HdrLogText({"", 0.5, 1, histogram}),
             HoldsText("0.500,1.000,12.345678,HISTF"));
}

TEST_CASE("a histogram log gives back every interval without loss",
          "[hdr_log]") {
  Histogram first(HistogramLayout::Latency(2));
  first.Record(1'234'567, 3);
  first.Record(7'200'000'000'123);  // two hours: out of range
  Histogram second(HistogramLayout::Latency(2));
  second.Record(99);
  const std::string text = HdrLogHeader(At("2026-01-01"), "x") +
                           HdrLogText({"engine", 0, 1.001, first}) +
                           HdrLogText({"total", 1.001, 0.999, second});
  const ReadLog log = Read(text);
  REQUIRE(log.status.ok());
  REQUIRE(log.lines.size() == 2);
  CHECK(log.lines[0].tag == "engine");
  CHECK(log.lines[0].length_s == 1.001);
  CHECK(log.lines[0].histogram.count() == 4);
  CHECK(log.lines[0].histogram.out_of_range() == 1);
  CHECK(log.lines[0].histogram.max() == 7'200'000'000'123);
  CHECK(SameCounts(log.lines[0].histogram, first));
  CHECK(log.lines[1].start_s == 1.001);
  CHECK(log.lines[1].histogram.max() == 99);
  CHECK(log.lines[1].histogram.out_of_range() == 0);

  Histogram all = log.lines[0].histogram;
  all.Add(log.lines[1].histogram);
  first.Add(second);
  CHECK(SameCounts(all, first));
  CHECK(all.max() == first.max());
}

TEST_CASE("a line that was never finished is left out of a log", "[hdr_log]") {
  const std::string line =
      HdrLogText({"total", 0, 1, Histogram(HistogramLayout::Latency(2))});
  const ReadLog log = Read(line + line.substr(0, line.size() / 2));
  CHECK(log.status.ok());
  CHECK(log.lines.size() == 1);
}

TEST_CASE("a bad line of a histogram log is named", "[hdr_log]") {
  const auto error = [](const std::string& line) {
    const ReadLog log = Read("#[x]\n" + line + "\n");
    CHECK(log.status.code() == StatusCode::kBadInput);
    return log.status.message();
  };
  const std::string payload(kThousand);
  CHECK(error("Tag=a,0,1,2") ==
        "a.hlog: line 2 has 3 fields after its tag instead of 4");
  CHECK(error("0,x,2," + payload) ==
        "a.hlog: line 2 has a start, length or maximum that is no number from "
        "0 on");
  CHECK_THAT(error("0,nan,2," + payload), HoldsText("is no number"));
  CHECK_THAT(error("-1,1,2," + payload), HoldsText("is no number"));
  CHECK(error("Tag=a,0,1,2,?") == "a.hlog: line 2 is no base64");
  CHECK_THAT(error("#[OutOfRange: -1]"), HoldsText("out of range"));
}

}  // namespace
}  // namespace tillstorm
