#include "storage/manifest.h"

#include <map>
#include <string>

#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

using Rows = std::map<std::string, std::string>;

TEST_CASE("A manifest has the documented rows", "[manifest]") {
  Manifest manifest = MakeManifest();
  manifest.seed = 18'446'744'073'709'551'615U;
  manifest.ids = R"({"jobs": {"R": 7}})";
  manifest.intervals = {{FromMicros(0), FromMicros(5)},
                        {FromMicros(5), std::nullopt}};
  CHECK(manifest.ToRows() ==
        Rows{{"format", "2"},
             {"ids", R"({"jobs": {"R": 7}})"},
             {"intervals", "[[0, 5], [5, null]]"},
             {"scenario", R"({"sites": 1})"},
             // python3-xxhash: xxh3_128_hexdigest
             {"scenario_hash", "f8a8190b8d4a6a263423e73f34ec19b0"},
             {"schema_version", "1"},
             {"seed", "18446744073709551615"},
             {"state", "complete"},
             {"stream_version", "1"}});
}

TEST_CASE("A manifest survives its rows", "[manifest]") {
  Manifest manifest = MakeManifest();
  manifest.seed = 7;
  manifest.stream_version = 3;
  manifest.state = "loading";
  manifest.intervals = {{kMonday, kMonday + Micros(1)},
                        {kMonday + Micros(9), std::nullopt}};
  const auto read = Manifest::FromRows(manifest.ToRows());
  REQUIRE(read.ok());
  CHECK(read->ToRows() == manifest.ToRows());
  CHECK(read->seed == 7);
  CHECK(read->stream_version == 3);
  REQUIRE(read->intervals.size() == 2);
  CHECK(read->intervals[0].close == kMonday + Micros(1));
  CHECK_FALSE(read->intervals[1].close.has_value());
}

TEST_CASE("A manifest without intervals is one", "[manifest]") {
  Manifest manifest = MakeManifest();
  manifest.intervals.clear();
  CHECK(manifest.ToRows().at("intervals") == "[]");
  CHECK(Manifest::FromRows(manifest.ToRows()).ok());
}

TEST_CASE("Rows that are no manifest are refused in a sentence", "[manifest]") {
  struct Case {
    std::string key;
    std::string value;
    std::string says;
  };
  const auto bad = GENERATE(
      Case{"format", "1", "format '1'"}, Case{"seed", "", "seed is ''"},
      Case{"seed", "-1", "seed is '-1'"},
      Case{"seed", "18446744073709551616", "whole number"},
      Case{"seed", " 7", "whole number"},
      Case{"schema_version", "one", "schema_version"},
      Case{"stream_version", "1.0", "stream_version"},
      Case{"scenario_hash", "00", "00"}, Case{"scenario", "{}", "hash"},
      Case{"state", "", "state"}, Case{"intervals", "", "intervals"},
      Case{"intervals", "{}", "array"}, Case{"intervals", "[1]", "opening"},
      Case{"intervals", "[[1]]", "opening"},
      Case{"intervals", "[[1, 2, 3]]", "opening"},
      Case{"intervals", "[[1.5, 2]]", "microseconds"},
      Case{"intervals", "[[-1, 2]]", "microseconds"},
      Case{"intervals", "[[1, 18446744073709551615]]", "microseconds"},
      Case{"intervals", "[[\"1\", 2]]", "microseconds"},
      Case{"intervals", "[[2, 1]]", "closes"},
      Case{"intervals", "[[1, 3], [2, 4]]", "open at or after"},
      Case{"intervals", "[[1, null], [2, 4]]", "open at or after"},
      Case{"intervals", "[[1, 2]", "array"},
      Case{"host", "tower", "unknown entry 'host'"});
  INFO(bad.key << " = " << bad.value);
  Rows rows = MakeManifest().ToRows();
  rows[bad.key] = bad.value;
  const auto manifest = Manifest::FromRows(rows);
  REQUIRE_FALSE(manifest.ok());
  CHECK(manifest.status().code() == StatusCode::kBadInput);
  CHECK_THAT(manifest.status().message(), HoldsText(bad.says));
}

TEST_CASE("A manifest that lacks a row says which", "[manifest]") {
  for (const auto& [key, value] : MakeManifest().ToRows()) {
    Rows rows = MakeManifest().ToRows();
    rows.erase(key);
    const auto manifest = Manifest::FromRows(rows);
    REQUIRE_FALSE(manifest.ok());
    CHECK_THAT(manifest.status().message(), HoldsText(key));
  }
}

}  // namespace
}  // namespace tillstorm
