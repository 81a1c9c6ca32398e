// The other engine is glibc's gmtime_r; literals are from Python's datetime.
#include "harness/core/instant.h"

#include <time.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

// What glibc makes of it, in SQL form.
std::string GlibcText(int64_t micros) {
  const time_t seconds = micros / kMicrosPerSecond;
  tm parts{};
  gmtime_r(&seconds, &parts);
  char text[80];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d.%06d",
                parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(micros % kMicrosPerSecond));
  return text;
}

TEST_CASE("SqlDateTime writes known instants", "[instant]") {
  CHECK(SqlDateTime(FromMicros(0)) == "1970-01-01 00:00:00.000000");
  CHECK(SqlDateTime(FromMicros(951'782'400'000'001)) ==
        "2000-02-29 00:00:00.000001");
  CHECK(SqlDateTime(FromMicros(1'767'600'000'000'000)) ==
        "2026-01-05 08:00:00.000000");
  CHECK(SqlDateTime(FromMicros(4'107'542'399'999'999)) ==
        "2100-02-28 23:59:59.999999");
  CHECK(SqlDateTime(FromMicros(4'107'542'400'000'000)) ==
        "2100-03-01 00:00:00.000000");
  CHECK(SqlDateTime(kInstantMax) == "9999-12-31 23:59:59.999999");
}

TEST_CASE("SqlDateTime agrees with glibc on every eighth day to 9999",
          "[instant]") {
  int64_t bad = 0;
  std::string first;
  for (int64_t day = 0; day <= 2'932'896; day += day < 60'000 ? 1 : 8) {
    const int64_t micros =
        day * kMicrosPerDay + day * 29'123'457 % kMicrosPerDay;
    const std::string text = SqlDateTime(FromMicros(micros));
    if (text == GlibcText(micros)) continue;
    if (bad++ == 0) first = text;
  }
  CAPTURE(first);
  CHECK(bad == 0);
}

TEST_CASE("FormatSqlDateTime writes its bytes and no more", "[instant]") {
  std::string buffer(kSqlDateTimeSize + 2, '#');
  FormatSqlDateTime(kInstantMin, buffer.data() + 1);
  CHECK(buffer == "#1970-01-01 00:00:00.000000#");
  std::string time(kSqlTimeSize + 2, '#');
  FormatSqlTime({kMicrosPerDay - 1}, time.data() + 1);
  CHECK(time == "#23:59:59.999999#");
}

TEST_CASE("ParseSqlDateTime reads back what was written", "[instant]") {
  int64_t bad = 0;
  // A prime number of microseconds, 11 days or so: all hours, dates, fractions.
  for (int64_t micros = 0; micros <= MicrosSinceEpoch(kInstantMax);
       micros += 999'999'000'001) {
    Instant instant{};
    const bool ok = ParseSqlDateTime(SqlDateTime(FromMicros(micros)), &instant);
    if (!ok || MicrosSinceEpoch(instant) != micros) ++bad;
  }
  CHECK(bad == 0);
}

TEST_CASE("ParseSqlDateTime takes the exact form of a real date only",
          "[instant]") {
  Instant instant = kNever;
  for (const std::string_view text : {"",
                                      "2026-01-05",
                                      "2026-01-05 08:00:00",
                                      "2026-01-05 08:00:00.00000",
                                      "2026-01-05 08:00:00.0000000",
                                      "2026-01-05T08:00:00.000000",
                                      "2026-01-05 08:00:00.000000Z",
                                      " 2026-01-05 08:00:00.000000",
                                      "2026-01-05 08:00:00,000000",
                                      "2026-1-05 08:00:00.0000000",
                                      "2026-02-29 08:00:00.000000",
                                      "2100-02-29 08:00:00.000000",
                                      "2026-04-31 08:00:00.000000",
                                      "2026-00-05 08:00:00.000000",
                                      "2026-13-05 08:00:00.000000",
                                      "2026-01-00 08:00:00.000000",
                                      "2026-01-05 24:00:00.000000",
                                      "2026-01-05 08:60:00.000000",
                                      "2026-01-05 08:00:60.000000",
                                      "2026-01-05 08:00:00.00000x",
                                      "2026-01-05 -8:00:00.000000",
                                      "+026-01-05 08:00:00.000000",
                                      "1969-12-31 23:59:59.999999",
                                      "2026/01/05 08:00:00.000000"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseSqlDateTime(text, &instant));
    CHECK(instant == kNever);  // untouched
  }
  CHECK(ParseSqlDateTime("2024-02-29 23:59:59.999999", &instant));
  CHECK(MicrosSinceEpoch(instant) == 1'709'251'199'999'999);
}

TEST_CASE("ParseSqlTime takes the exact form of a time of day only",
          "[instant]") {
  TimeOfDay time;
  CHECK(ParseSqlTime("08:30:15.000250", &time));
  CHECK(time.micros == 30'615'000'250);
  for (const std::string_view text :
       {"", "08:30", "08:30:15", "8:30:15.000250", "24:00:00.000000",
        "08:60:00.000000", "08:30:60.000000", "08:30:15.00025",
        "08:30:15.0002500"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseSqlTime(text, &time));
  }
}

TEST_CASE("IsoDateTime shows no fraction or six digits", "[instant]") {
  CHECK(IsoDateTime(FromMicros(1'767'600'000'000'000)) ==
        "2026-01-05T08:00:00Z");
  CHECK(IsoDateTime(FromMicros(1'767'600'000'500'000)) ==
        "2026-01-05T08:00:00.500000Z");
  CHECK(IsoDateTime(kNever) == "9999-12-31T23:59:59.999999Z");
}

TEST_CASE("ParseIsoDateTime reads every form of its contract", "[instant]") {
  constexpr int64_t kEight = 1'767'600'000'000'000;  // 2026-01-05 08:00 UTC
  struct Form {
    std::string_view text;
    int64_t micros;
  };
  for (const Form& form : {
           Form{"2026-01-05", kEight - 28'800'000'000},
           Form{"2026-01-05Z", kEight - 28'800'000'000},
           Form{"2026-01-05+01:00", kEight - 32'400'000'000},
           Form{"2026-01-05T08:00", kEight},
           Form{"2026-01-05 08:00", kEight},
           Form{"2026-01-05T08:00Z", kEight},
           Form{"2026-01-05T08:00:00", kEight},
           Form{"2026-01-05T08:00:00Z", kEight},
           Form{"2026-01-05 08:00:00Z", kEight},
           Form{"2026-01-05T08:00:00.5", kEight + 500'000},
           Form{"2026-01-05T08:00:00.000001Z", kEight + 1},
           Form{"2026-01-05T09:00:00+01:00", kEight},
           Form{"2026-01-05T13:30+05:30", kEight},
           Form{"2026-01-04T23:15:00.25-08:45", kEight + 250'000},
           Form{"1970-01-01T01:00+01:00", 0},
           Form{"9999-12-31T23:59:59.999999Z", 253'402'300'799'999'999},
       }) {
    CAPTURE(form.text);
    const Result<Instant> instant = ParseIsoDateTime(form.text);
    REQUIRE(instant.ok());
    CHECK(MicrosSinceEpoch(*instant) == form.micros);
  }
}

TEST_CASE("ParseIsoDateTime refuses the rest and quotes it", "[instant]") {
  for (const std::string text : {"",
                                 "now",
                                 "2026",
                                 "2026-01",
                                 "05.01.2026",
                                 "2026-02-30",
                                 "20260105",
                                 "2026-01-05T",
                                 "2026-01-05T8:00",
                                 "2026-01-05T08",
                                 "2026-01-05T24:00",
                                 "2026-01-05T08:00:60",
                                 "2026-01-05T08:00:00.",
                                 "2026-01-05T08:00.5",
                                 "2026-01-05T08:00:00.0000001",
                                 "2026-01-05T08:00:00z",
                                 "2026-01-05T08:00:00+1",
                                 "2026-01-05T08:00:00+0100",
                                 "2026-01-05T08:00:00+24:00",
                                 "2026-01-05T08:00:00Z ",
                                 "2026-01-05t08:00:00",
                                 "2026-01-05  08:00:00"}) {
    const Result<Instant> instant = ParseIsoDateTime(text);
    CAPTURE(text);
    REQUIRE_FALSE(instant.ok());
    CHECK(instant.status().code() == StatusCode::kUsage);
    CHECK_THAT(instant.status().message(), HoldsText('"' + text + '"'));
  }
  for (const std::string text :
       {"1969-12-31T23:59:59Z", "1970-01-01T00:00+00:01",
        "9999-12-31T23:59-00:01", "0000-01-01"}) {
    const Result<Instant> instant = ParseIsoDateTime(text);
    CAPTURE(text);
    REQUIRE_FALSE(instant.ok());
    CHECK_THAT(instant.status().message(), HoldsText("1970 to 9999"));
  }
}

TEST_CASE("ParseIsoDateTime reads what IsoDateTime and SqlDateTime write",
          "[instant]") {
  for (int64_t micros = 0; micros <= MicrosSinceEpoch(kInstantMax);
       micros += 99'999'000'000'500'000) {
    CHECK(*ParseIsoDateTime(IsoDateTime(FromMicros(micros))) ==
          FromMicros(micros));
    CHECK(*ParseIsoDateTime(SqlDateTime(FromMicros(micros))) ==
          FromMicros(micros));
  }
}

TEST_CASE("ParseDuration reads every unit", "[instant]") {
  struct Form {
    std::string_view text;
    int64_t micros;
  };
  for (const Form& form : {
           Form{"0", 0},
           Form{"0s", 0},
           Form{"90", 90'000'000},
           Form{"1.5", 1'500'000},
           Form{"500ms", 500'000},
           Form{"0.001ms", 1},
           Form{"5s", 5'000'000},
           Form{"0.000001s", 1},
           Form{"1.50000000000s", 1'500'000},
           Form{"10m", 600'000'000},
           Form{"2h", 7'200'000'000},
           Form{"1.5d", 129'600'000'000},
           Form{"0.000000005d", 432},
           Form{"007s", 7'000'000},
           Form{"2932896d", 253'402'214'400'000'000},
           Form{"2932896.9999d", 253'402'300'791'360'000},
       }) {
    CAPTURE(form.text);
    const Result<Micros> duration = ParseDuration(form.text);
    REQUIRE(duration.ok());
    CHECK(duration->count() == form.micros);
  }
}

TEST_CASE("ParseDuration refuses negatives, junk and overflow in a sentence",
          "[instant]") {
  struct Refusal {
    std::string text;
    std::string why;
  };
  for (const Refusal& refusal : {
           Refusal{"", "not a duration"},
           Refusal{"s", "not a duration"},
           Refusal{"-", "not a duration"},
           Refusal{"5x", "not a duration"},
           Refusal{"5 s", "not a duration"},
           Refusal{" 5s", "not a duration"},
           Refusal{"5s ", "not a duration"},
           Refusal{"5S", "not a duration"},
           Refusal{"+5s", "not a duration"},
           Refusal{"5.s", "not a duration"},
           Refusal{".5s", "not a duration"},
           Refusal{"1.2.3s", "not a duration"},
           Refusal{"1h30m", "not a duration"},
           Refusal{"1e3s", "not a duration"},
           Refusal{"0x10s", "not a duration"},
           Refusal{"nan", "not a duration"},
           Refusal{"-1d", "negative"},
           Refusal{"-0.5s", "negative"},
           Refusal{"2932897d", "8,000 years"},
           Refusal{"9223372036854775808", "8,000 years"},
           Refusal{"99999999999999999999999999999999d", "8,000 years"},
           Refusal{"0.0001ms", "microsecond"},
           Refusal{"0.00001ms", "microsecond"},
           Refusal{"0.0000001s", "microsecond"},
           Refusal{"0.00000000000000000000001d", "microsecond"},
       }) {
    const Result<Micros> duration = ParseDuration(refusal.text);
    CAPTURE(refusal.text);
    REQUIRE_FALSE(duration.ok());
    CHECK(duration.status().code() == StatusCode::kUsage);
    CHECK_THAT(duration.status().message(),
               HoldsText('"' + refusal.text + '"'));
    CHECK_THAT(duration.status().message(), HoldsText(refusal.why));
  }
}

TEST_CASE("FormatDuration gives whole numbers of the longest unit",
          "[instant]") {
  CHECK(FormatDuration(Micros{0}) == "0s");
  CHECK(FormatDuration(Micros{1}) == "0.001ms");
  CHECK(FormatDuration(Micros{250'500}) == "250.5ms");
  CHECK(FormatDuration(Micros{500'000}) == "500ms");
  CHECK(FormatDuration(Micros{5'000'000}) == "5s");
  CHECK(FormatDuration(Micros{90'000'000}) == "90s");
  CHECK(FormatDuration(Micros{600'000'000}) == "10m");
  CHECK(FormatDuration(Micros{129'600'000'000}) == "36h");
  CHECK(FormatDuration(Micros{86'400'000'000}) == "1d");
  CHECK(FormatDuration(Micros{-90'000'000}) == "-90s");
  CHECK(FormatDuration(Micros{-1}) == "-0.001ms");
}

TEST_CASE("ParseDuration reads what FormatDuration writes", "[instant]") {
  for (int64_t micros = 1; micros < 200'000'000'000'000'000;
       micros = micros * 3 + micros % 7) {
    CAPTURE(micros);
    CHECK(ParseDuration(FormatDuration(Micros{micros}))->count() == micros);
    const int64_t seconds = micros / 1'000'000 * 1'000'000;
    CHECK(ParseDuration(FormatDuration(Micros{seconds}))->count() == seconds);
  }
}

}  // namespace
}  // namespace tillstorm
