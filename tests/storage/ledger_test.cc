// What the ledger says all in all, and that it is not believed blindly.
#include "storage/ledger.h"

#include <string>
#include <vector>

#include "storage/model/model_backend.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

constexpr std::string_view kHash = "00000000000000000000000000000abc";

std::string Encoded(const LedgerEntry& entry) {
  return WithLedgerRow(entry,
                       [](const LedgerRow& row) { return EncodingOf(row); });
}

Status AddTo(LedgerSum* sum, const std::string& encoding) {
  return sum->Add(std::as_bytes(std::span(encoding)));
}

LedgerEntry MakeEntry(int32_t batch, int32_t run,
                      std::vector<OwnerInstant> owners) {
  LedgerEntry entry;
  entry.batch = batch;
  entry.run = run;
  entry.owners = std::move(owners);
  entry.delta.AddInsert(TableId::kDevices, {1, 2});
  return entry;
}

LedgerState StateOf(const std::vector<LedgerEntry>& entries) {
  LedgerSum sum;
  for (const LedgerEntry& entry : entries) {
    const Status status = AddTo(&sum, Encoded(entry));
    INFO(status.message());
    REQUIRE(status.ok());
  }
  auto state = sum.Take();
  INFO(state.status().message());
  REQUIRE(state.ok());
  return *state;
}

TEST_CASE("The sum of the deltas is that of the ledger", "[ledger]") {
  LedgerEntry first = MakeEntry(0, 1, {});
  LedgerEntry second;
  second.batch = 1;
  LedgerEntry third;
  third.batch = 2;
  third.delta.AddUpdate(TableId::kDevices, {5, 0}, {1, 0});  // a carry
  for (int i = 0; i < 1000; ++i) {
    third.delta.AddInsert(TableId::kTruth, {~uint64_t{0}, ~uint64_t{0}});
  }
  const LedgerState state = StateOf({third, first, second});
  Digest expected = first.delta;
  expected.Add(third.delta);
  CHECK(state.total == expected);
  CHECK(state.total.table(TableId::kDevices).rows == 1);
  CHECK(state.total.table(TableId::kTruth).rows == 1000);
  CHECK(state.batches == 3);
  CHECK(state.NextBatch(0) == 3);
  CHECK(state.last_run == 1);
}

TEST_CASE("Owners are those of the last run, each with its latest instant",
          "[ledger]") {
  const LedgerState state =
      StateOf({MakeEntry(3, 2, {{9, FromMicros(70)}, {4, FromMicros(20)}}),
               MakeEntry(0, 1, {{kAllOwners, FromMicros(1'000)}}),
               MakeEntry(1, 1, {{9, FromMicros(2'000)}}),
               MakeEntry(2, 2,
                         {{kAllOwners, FromMicros(50)},
                          {9, FromMicros(60)},
                          {4, FromMicros(40)}})});
  CHECK(state.last_run == 2);
  CHECK(state.NextBatch(0) == 4);
  REQUIRE(state.owners.size() == 3);
  CHECK(state.owners[0].owner == 4);
  CHECK(state.owners[0].instant == FromMicros(40));
  CHECK(state.owners[1].owner == 9);
  CHECK(state.owners[1].instant == FromMicros(70));
  CHECK(state.owners[2].owner == 0xffff'ffff);
  CHECK(state.owners[2].instant == FromMicros(50));
}

LedgerEntry InLane(int32_t lane, int32_t batch) {
  LedgerEntry entry = MakeEntry(batch, 1, {});
  entry.lane = lane;
  return entry;
}

TEST_CASE("Each lane counts its own batches", "[ledger]") {
  const LedgerState state =
      StateOf({InLane(3, 2), InLane(0, 0), InLane(3, 1), InLane(63, 1)});
  CHECK(state.batches == 4);
  CHECK(state.NextBatch(0) == 1);
  CHECK(state.NextBatch(1) == 1);
  CHECK(state.NextBatch(3) == 3);
  CHECK(state.NextBatch(63) == 2);
}

TEST_CASE("A lane that lacks a batch, or is none, is bad input", "[ledger]") {
  LedgerSum sum;
  REQUIRE(AddTo(&sum, Encoded(InLane(0, 0))).ok());
  SECTION("a hole") { REQUIRE(AddTo(&sum, Encoded(InLane(3, 2))).ok()); }
  SECTION("a second opening") {
    CHECK(AddTo(&sum, Encoded(InLane(3, 0))).code() == StatusCode::kBadInput);
    return;
  }
  SECTION("a lane too many") {
    CHECK(AddTo(&sum, Encoded(InLane(64, 1))).code() == StatusCode::kBadInput);
    return;
  }
  CHECK(sum.Take().status().code() == StatusCode::kBadInput);
}

TEST_CASE("A ledger that lacks a batch is bad input", "[ledger]") {
  const auto batches = GENERATE(std::vector<int32_t>{}, std::vector<int32_t>{1},
                                std::vector<int32_t>{0, 2});
  LedgerSum sum;
  for (const int32_t batch : batches) {
    REQUIRE(AddTo(&sum, Encoded(MakeEntry(batch, 1, {}))).ok());
  }
  CHECK(sum.Take().status().code() == StatusCode::kBadInput);
}

// A row of one insert into devices, with one thing that may be wrong.
struct Wrong {
  LedgerRow row{0, 7, 1, 1, {}, {}};
  std::string owners;
  std::string delta =
      R"({"devices": {"rows": 1, "sum": ")" + std::string(kHash) + R"("}})";
  std::string says;
};

std::string EncodingOfWrong(Wrong wrong) {
  wrong.row.owners = std::as_bytes(std::span(wrong.owners));
  wrong.row.digest_delta = Json{wrong.delta};
  return EncodingOf(wrong.row);
}

TEST_CASE("A row with a number that none can be is bad input", "[ledger]") {
  Wrong wrong;
  LedgerSum sum;
  REQUIRE(AddTo(&sum, EncodingOfWrong(wrong)).ok());
  SECTION("a lane") {
    wrong.row.lane = -1;
    wrong.says = "lane or batch";
  }
  SECTION("a batch below 0") {
    wrong.row.batch = -1;
    wrong.says = "lane or batch";
  }
  SECTION("a batch after which there is none") {
    wrong.row.batch = INT32_MAX;
    wrong.says = "largest number";
  }
  SECTION("a run") {
    wrong.row.run = 0;
    wrong.says = "run";
  }
  SECTION("fewer rows than none") {
    wrong.row.rows = -1;
    wrong.says = "rows";
  }
  SECTION("other rows than in the delta") {
    wrong.row.rows = 2;
    wrong.says = "2 rows, but 1";
  }
  const Status status = AddTo(&sum, EncodingOfWrong(wrong));
  CHECK(status.code() == StatusCode::kBadInput);
  CHECK_THAT(status.message(), HoldsText(wrong.says));
}

TEST_CASE("Owners that are cut short or out of time are bad input",
          "[ledger]") {
  Wrong wrong;
  wrong.owners = GENERATE(std::string(11, '\0'), std::string(13, '\0'),
                          std::string(12, '\xff'),
                          std::string("\1\0\0\0\0\0\0\0\0\0\0\x7f", 12));
  LedgerSum sum;
  const Status status = AddTo(&sum, EncodingOfWrong(wrong));
  CHECK(status.code() == StatusCode::kBadInput);
  CHECK_THAT(status.message(), HoldsText("lane 0, batch 7"));
  CHECK_THAT(status.message(), HoldsText("owners"));
}

TEST_CASE("A delta is what the program writes, to the byte", "[ledger]") {
  const std::string hash(kHash);
  const std::string good = R"("devices": {"rows": 1, "sum": ")" + hash + "\"}";
  const std::string site = R"("sites": {"rows": 0, "sum": ")" + hash + "\"}";
  const std::string zeros(32, '0');
  const std::string delta = GENERATE_COPY(
      std::string(), std::string("null"), std::string("[]"), std::string("{"),
      std::string("{} "), "{" + good, "{" + good + "} ", "{ " + good + "}",
      "{" + good + ",}", "{" + good + ", }", "{" + good + ", " + good + "}",
      "{" + good + ", " + site + "}",  // not in order
      "{" + site + "," + good + "}",
      R"({"devices": {"rows": -1, "sum": ")" + hash + "\"}}",
      R"({"devices": {"rows": +1, "sum": ")" + hash + "\"}}",
      R"({"devices": {"rows": 01, "sum": ")" + hash + "\"}}",
      R"({"devices": {"rows": 1.0, "sum": ")" + hash + "\"}}",
      R"({"devices": {"rows": 1e0, "sum": ")" + hash + "\"}}",
      R"({"devices": {"rows": 99999999999999999999, "sum": ")" + hash + "\"}}",
      R"({"devices": {"rows": , "sum": ")" + hash + "\"}}",
      R"({"devices": {"rows": 0, "sum": ")" + zeros + "\"}}",
      R"({"devices": {"rows": 1, "sum": "0abc"}})",
      R"({"devices": {"rows": 1, "sum": "0)" + hash + "\"}}",
      R"({"devices": {"rows": 1, "sum": "0000000000000000000000000000ABC0"}})",
      R"({"devices": {"rows": 1, "sum": "000000000000000000000000000000x0"}})",
      R"({"devices": {"sum": ")" + hash + R"(", "rows": 1}})",
      R"({"devices": 1})", R"({"device": {"rows": 1, "sum": ")" + hash + "\"}}",
      R"({"tillstorm_ledger": {"rows": 1, "sum": ")" + hash + "\"}}",
      R"({": {"rows": 1, "sum": ")" + hash + "\"}}");
  INFO(delta);
  Wrong wrong;
  wrong.delta = delta;
  LedgerSum sum;
  const Status status = AddTo(&sum, EncodingOfWrong(wrong));
  CHECK(status.code() == StatusCode::kBadInput);
  CHECK_THAT(status.message(), HoldsText("lane 0, batch 7"));
}

TEST_CASE("A value of another type or none is bad input", "[ledger]") {
  const std::string good = EncodingOfWrong({});
  // Four integers, an empty blob, then the delta.
  struct Place {
    size_t at = 0;
    size_t size = 0;
  };
  const Place place =
      GENERATE(Place{0, 9}, Place{9, 9}, Place{18, 9}, Place{27, 9},
               Place{36, 5}, Place{41, std::string::npos});
  const bool is_null = GENERATE(false, true);
  const std::string value =
      is_null ? std::string(1, '\0') : std::string("\2t\1\0\0\0x", 7);
  std::string encoding = good;
  encoding.replace(place.at, place.size, value);
  LedgerSum sum;
  CHECK(AddTo(&sum, encoding).code() == StatusCode::kBadInput);
}

// 1,000 rows of which each says that it has all the rows that there can be.
TEST_CASE("A ledger that lies about its rows keeps nobody busy", "[ledger]") {
  Wrong lie;
  lie.row.rows = INT32_MAX;
  lie.delta = R"({"devices": {"rows": 2147483647, "sum": ")" +
              std::string(kHash) + "\"}}";
  LedgerSum sum;
  for (int32_t batch = 0; batch < 1000; ++batch) {
    lie.row.batch = batch;
    REQUIRE(AddTo(&sum, EncodingOfWrong(lie)).ok());
  }
  const auto state = sum.Take();
  REQUIRE(state.ok());
  CHECK(state->total.table(TableId::kDevices).rows == 2'147'483'647'000);
  CHECK(state->total.table(TableId::kDevices).sum == Hash128{2'748'000, 0});
}

TEST_CASE("The ledger is read from a dataset", "[ledger]") {
  ModelBackend model;
  EventList fleet;
  AddFleet(&fleet);
  auto session = model.Create({}, MakeManifest(), fleet.MakeBatch(0));
  REQUIRE(session.ok());
  EventList events;
  events.Insert(MakeMetrics(1, kMonday));
  REQUIRE((*session)->Apply(events.MakeBatch(1)).ok());
  const auto reader = model.OpenReader();
  REQUIRE(reader.ok());
  const auto state = ReadLedger(**reader);
  REQUIRE(state.ok());
  CHECK(state->total == model.ComputeDigest());
  CHECK(state->NextBatch(0) == 2);
  CHECK(state->batches == 2);
  REQUIRE(state->owners.size() == 1);
  CHECK(state->owners[0].instant == FromMicros(1'000'001));
  // What the reader says of it is passed on.
  (*reader)->Interrupt();
  CHECK(ReadLedger(**reader).status().code() == StatusCode::kInterrupted);
}

}  // namespace
}  // namespace tillstorm
