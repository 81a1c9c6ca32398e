#include "harness/core/row_codec.h"

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/digest.h"
#include "harness/core/rows_fleet.h"
#include "harness/core/rows_telemetry.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

template <class Row>
std::vector<std::byte> Encode(const Row& row) {
  std::vector<std::byte> bytes(EncodedRowSizeMax(row));
  bytes.resize(
      static_cast<size_t>(EncodeRow(row, bytes.data()) - bytes.data()));
  return bytes;
}

std::string ToHex(const std::vector<std::byte>& bytes) {
  std::string hex;
  for (const std::byte byte : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned>(byte) >> 4];
    hex += kDigits[static_cast<unsigned>(byte) & 15];
  }
  return hex;
}

TEST_CASE("the encoding of a row is the documented one, byte by byte",
          "[codec]") {
  DeviceStateHistoryRow row;
  row.timestamp = FromMicros(1);
  row.device_id = -2;
  row.new_state = "on";
  row.extra_data = Json{"{}"};
  row.provenance = "";
  // By hand from the comment in row_codec.h; `id` is the writer's.
  CHECK(ToHex(Encode(row)) ==
        "010100000000000000"  // timestamp
        "01feffffffffffffff"  // device_id
        "00"                  // previous_state
        "01020000006f6e"      // new_state
        "00"                  // changed_by
        "00"                  // reason
        "01020000007b7d"      // extra_data
        "0100000000");        // provenance, empty but not NULL
}

TEST_CASE("a pure id, doubles, booleans and times of day are encoded",
          "[codec]") {
  SiteOperatingScheduleRow row;
  row.id = 258;
  row.site_id = 1;
  row.day_of_week = 6;
  row.open_time = TimeOfDay{3};
  row.is_closed = true;
  row.is_maintenance_window = false;
  CHECK(ToHex(Encode(row)) ==
        "010201000000000000"  // id
        "010100000000000000"  // site_id
        "010600000000000000"  // day_of_week
        "010300000000000000"  // open_time
        "00"                  // close_time
        "0101"                // is_closed
        "0100"                // is_maintenance_window
        "0000000000");        // five NULLs
  SiteRow site;
  site.latitude = -1.5;
  site.longitude = -0.0;
  const auto values = DecodeRow(Table(TableId::kSites), Encode(site));
  const auto at = [&](std::string_view column) {
    return values[static_cast<size_t>(Table(TableId::kSites).Find(column))];
  };
  CHECK(at("latitude").real == -1.5);
  CHECK_FALSE(std::signbit(at("longitude").real));
}

TEST_CASE("decoding gives back what was encoded", "[codec]") {
  HealthCheckRow row;
  row.device_id = 7;
  row.is_healthy = true;
  row.response_time_ms = 12;
  row.response_data = Json{R"({"a": 1})"};
  row.timestamp = FromMicros(1'767'571'200'000'001);
  const auto bytes = Encode(row);
  const TableInfo& table = Table(TableId::kHealthChecks);
  const auto values = DecodeRow(table, bytes);
  const auto at = [&](std::string_view column) {
    return values[static_cast<size_t>(table.Find(column))];
  };
  CHECK(at("id").is_null());
  CHECK(at("device_id").integer == 7);
  CHECK(at("is_healthy").integer == 1);
  CHECK(at("status_code").is_null());
  CHECK(at("response_data").text == R"({"a": 1})");
  CHECK(at("timestamp").integer == 1'767'571'200'000'001);
}

TEST_CASE("an update carries the id and the columns that can change",
          "[codec]") {
  DeviceRow row;
  row.id = 5;
  row.device_id = "not carried";
  row.status = "error";
  row.updated_at = FromMicros(9);
  std::vector<std::byte> bytes(EncodedRowSizeMax(row));
  const std::byte* end = EncodeUpdate(row, bytes.data());
  const TableInfo& table = Table(TableId::kDevices);
  const std::byte* at = bytes.data();
  std::vector<std::string_view> carried;
  for (const ColumnInfo& column : table.columns) {
    if (!column.can_change && column.name != "id") continue;
    ValueView value;
    at = DecodeValue(column.type, at, &value);
    carried.push_back(column.name);
    if (column.name == "id") CHECK(value.integer == 5);
    if (column.name == "status") CHECK(value.text == "error");
    if (column.name == "updated_at") CHECK(value.integer == 9);
  }
  CHECK(at == end);
  CHECK(carried == std::vector<std::string_view>{
                       "id", "status", "health_state", "firmware_version",
                       "last_seen", "last_heartbeat_at", "config",
                       "updated_at"});
}

TEST_CASE("of a row of HOMEPOT's only id and current state are encoded",
          "[codec]") {
  DeviceRow whole;
  whole.id = 7;
  whole.device_id = "till-7";
  whole.name = "Till";
  whole.device_type = "pos_terminal";
  whole.status = "error";
  whole.lifecycle_state = "active";
  whole.site_id = 3;
  whole.firmware_version = "9.9";
  whole.last_seen = FromMicros(5);
  whole.config = Json{"{}"};
  whole.is_active = true;
  DeviceRow state;
  state.id = 7;
  state.status = "error";
  state.last_seen = FromMicros(5);
  const auto encoding = [](const DeviceRow& row) {
    std::vector<std::byte> bytes(EncodedRowSizeMax(row));
    const std::byte* end = EncodeRow(row, bytes.data());
    bytes.resize(static_cast<size_t>(end - bytes.data()));
    return bytes;
  };
  std::vector<std::byte> masked;
  AppendStateOnly(Table(TableId::kDevices), encoding(whole), &masked);
  CHECK(masked == encoding(state));
}

TEST_CASE("a value of a foreign type never passes for the right one",
          "[codec]") {
  std::vector<std::byte> text;
  AppendForeign('t', "12", &text);
  CHECK(ToHex(text) == "0274020000003132");
  ValueView value;
  CHECK(DecodeValue(ColumnType::kInteger, text.data(), &value) ==
        text.data() + text.size());
  CHECK(value.state == ValueView::State::kForeign);
  CHECK(Describe(ColumnType::kInteger, value) == "'12' (a text)");
}

TEST_CASE("sums of hashes wrap at 2^128 and updates cancel", "[digest]") {
  Hash128 sum{~0ULL, ~0ULL};
  sum += Hash128{2, 0};
  CHECK(sum == Hash128{1, 0});
  sum -= Hash128{2, 0};
  CHECK(sum == Hash128{~0ULL, ~0ULL});
  Digest digest;
  digest.AddInsert(TableId::kDevices, {5, 6});
  digest.AddUpdate(TableId::kDevices, {5, 6}, {7, 8});
  Digest direct;
  direct.AddInsert(TableId::kDevices, {7, 8});
  CHECK(digest == direct);
  CHECK(digest.Total() == direct.Total());
  direct.AddInsert(TableId::kDevices, {7, 8});
  CHECK_FALSE(digest.Total() == direct.Total());  // duplicates do not cancel
}

TEST_CASE("hashes are XXH3-128 and their hex is the usual one", "[digest]") {
  // `printf '' | xxh128sum` and `printf abc | xxh128sum` of xxhash 0.8.1.
  const auto of = [](std::string_view text) {
    return Hex(HashBytes(std::as_bytes(std::span(text))));
  };
  CHECK(of("") == "99aa06d3014798d86001c324468d497f");
  CHECK(of("abc") == "06b05ab6733a618578af5f94892f3950");
  Hash128 back;
  REQUIRE(ParseHex("06b05ab6733a618578af5f94892f3950", &back));
  CHECK(Hex(back) == "06b05ab6733a618578af5f94892f3950");
  CHECK_FALSE(ParseHex("06b05ab6733a618578af5f94892f395", &back));
  CHECK_FALSE(ParseHex("06b05ab6733a618578af5f94892f395x", &back));
}

}  // namespace
}  // namespace tillstorm
