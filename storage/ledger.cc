#include "storage/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "harness/core/row_codec.h"
#include "storage/backend.h"

namespace tillstorm {
namespace {

constexpr int64_t kInt32Max = std::numeric_limits<int32_t>::max();

// Takes a text apart from its beginning. Every step that fails leaves the rest
// as it was.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }

  bool Take(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  // What stands before the next quotation mark.
  bool TakeName(std::string_view* name) {
    const size_t end = rest_.find('"');
    if (end == std::string_view::npos) return false;
    *name = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return true;
  }

  // Decimal, at most 2^31-1, without a sign or leading zeros.
  bool TakeNumber(int64_t* number) {
    size_t size = 0;
    int64_t value = 0;
    for (; size < rest_.size() && rest_[size] >= '0' && rest_[size] <= '9';
         ++size) {
      value = value * 10 + (rest_[size] - '0');
      if (value > kInt32Max) return false;
    }
    if (size == 0 || (size > 1 && rest_[0] == '0')) return false;
    rest_.remove_prefix(size);
    *number = value;
    return true;
  }

  // 32 lower-case hex digits.
  bool TakeHash(Hash128* hash) {
    constexpr size_t kDigits = 32;
    if (rest_.size() < kDigits) return false;
    Hash128 value;
    for (size_t i = 0; i < kDigits; ++i) {
      const char c = rest_[i];
      const bool is_digit = c >= '0' && c <= '9';
      if (!is_digit && (c < 'a' || c > 'f')) return false;
      const auto digit =
          static_cast<uint64_t>(is_digit ? c - '0' : c - 'a' + 10);
      uint64_t& half = i < kDigits / 2 ? value.high : value.low;
      half = half << 4 | digit;
    }
    rest_.remove_prefix(kDigits);
    *hash = value;
    return true;
  }

 private:
  std::string_view rest_;
};

// Finds the table of that name, looking from number `*table` on: the tables of
// a delta are in order.
bool FindFrom(std::string_view name, size_t* table) {
  const std::span<const TableInfo> tables = AllTables();
  for (; *table < kTableCount; ++*table) {
    if (tables[*table].name == name) return tables[*table].in_digest;
  }
  return false;
}

// Reads what Digest::Json() writes and adds it; false for anything else.
// `rows` is the sum of the rows.
bool AddDelta(std::string_view json,
              std::array<TableDigest, kTableCount>* tables, int64_t* rows) {
  Scanner scanner(json);
  *rows = 0;
  if (scanner.Take("{}")) return scanner.done();
  size_t table = 0;
  for (std::string_view before = "{\""; scanner.Take(before);
       before = ", \"", ++table) {
    std::string_view name;
    TableDigest entry;
    const bool parsed = scanner.TakeName(&name) && FindFrom(name, &table) &&
                        scanner.Take("\": {\"rows\": ") &&
                        scanner.TakeNumber(&entry.rows) &&
                        scanner.Take(", \"sum\": \"") &&
                        scanner.TakeHash(&entry.sum) && scanner.Take("\"}");
    if (!parsed || entry == TableDigest{}) return false;
    (*tables)[table].rows += entry.rows;
    (*tables)[table].sum += entry.sum;
    *rows += entry.rows;
  }
  return table > 0 && scanner.Take("}") && scanner.done();
}

bool AreOwners(std::string_view blob) {
  if (blob.size() % kOwnerBytes != 0) return false;
  for (size_t at = 0; at < blob.size(); at += kOwnerBytes) {
    int64_t micros = 0;
    std::memcpy(&micros, blob.data() + at + 4, sizeof(micros));
    if (micros < MicrosSinceEpoch(kInstantMin) ||
        micros > MicrosSinceEpoch(kInstantMax)) {
      return false;
    }
  }
  return true;
}

// A digest of these entries. Rows are added in powers of two: a ledger that
// lies about them must not keep us busy.
Digest DigestOf(const std::array<TableDigest, kTableCount>& tables) {
  Digest digest;
  for (const TableInfo& table : AllTables()) {
    const TableDigest& entry = tables[Index(table.id)];
    digest.AddUpdate(table.id, {}, entry.sum);
    Digest power;
    power.AddInsert(table.id, {});
    for (int64_t rest = entry.rows; rest > 0; rest /= 2) {
      if (rest % 2 != 0) digest.Add(power);
      power.Add(Digest(power));
    }
  }
  return digest;
}

// The columns of a ledger row.
struct Columns {
  std::array<ValueView, 6> values;

  explicit Columns(Bytes encoding) {
    const TableInfo& table = Table(TableId::kLedger);
    const std::byte* at = encoding.data();
    for (size_t i = 0; i < values.size(); ++i) {
      at = DecodeValue(table.columns[i].type, at, &values[i]);
    }
  }

  // Whether it is there, of its type and, if a number, in [low, 2^31-1].
  [[nodiscard]] bool Has(size_t column, int64_t low = 0) const {
    const ValueView& value = values[column];
    return value.state == ValueView::State::kValue &&
           (column > 3 || (value.integer >= low && value.integer <= kInt32Max));
  }
  [[nodiscard]] int32_t number(size_t column) const {
    return static_cast<int32_t>(values[column].integer);
  }
};

Status Bad(const Columns& row, std::string_view what) {
  if (!row.Has(0) || !row.Has(1)) {
    return {StatusCode::kBadInput,
            "the ledger has a row whose lane or batch is no number from 0 on"};
  }
  return {StatusCode::kBadInput,
          fmt::format("the ledger's row of lane {}, batch {} has {}",
                      row.number(0), row.number(1), what)};
}

}  // namespace

Status LedgerSum::Add(Bytes encoding) {
  const Columns row(encoding);
  if (!row.Has(0) || !row.Has(1)) return Bad(row, {});
  // The number after the last batch is a number too.
  if (row.values[1].integer == kInt32Max) {
    return Bad(row, "the largest number that there is");
  }
  if (!row.Has(2, 1)) return Bad(row, "a run that is no number from 1 on");
  if (!row.Has(3)) return Bad(row, "rows that are no number from 0 on");
  if (!row.Has(4) || !AreOwners(row.values[4].text)) {
    return Bad(row, "owners that are not 4 bytes of owner and 8 of instant");
  }
  if (row.values[0].integer >= kLanesMax) {
    return Bad(row, fmt::format("a lane above {}", kLanesMax - 1));
  }
  if (row.number(0) > 0 && row.number(1) == 0) {
    return Bad(row, "an opening that is not lane 0's");
  }
  int64_t rows = 0;
  if (!row.Has(5) || !AddDelta(row.values[5].text, &tables_, &rows)) {
    return Bad(row, "a digest_delta that is not one of ours");
  }
  if (rows != row.values[3].integer) {
    return Bad(row, fmt::format("{} rows, but {} in its digest_delta",
                                row.number(3), rows));
  }
  ++state_.batches;
  const auto lane = static_cast<size_t>(row.number(0));
  ++batches_[lane];
  if (lane >= state_.next_batches.size()) {
    state_.next_batches.resize(lane + 1, 1);
  }
  int32_t& next = state_.next_batches[lane];
  next = std::max(next, row.number(1) + 1);
  AddOwners(row.number(2), row.values[4].text);
  return Status::Ok();
}

void LedgerSum::AddOwners(int32_t run, std::string_view blob) {
  if (run < state_.last_run) return;
  if (run > state_.last_run) owners_.clear();
  state_.last_run = run;
  for (size_t at = 0; at < blob.size(); at += kOwnerBytes) {
    uint32_t owner = 0;
    int64_t micros = 0;
    std::memcpy(&owner, blob.data() + at, sizeof(owner));
    std::memcpy(&micros, blob.data() + at + 4, sizeof(micros));
    const auto [latest, is_new] = owners_.try_emplace(owner, micros);
    if (!is_new) latest->second = std::max(latest->second, micros);
  }
}

Result<LedgerState> LedgerSum::Take() {
  for (size_t lane = 0; lane < batches_.size(); ++lane) {
    // Only lane 0 has a batch 0, and has it always.
    const int first = lane == 0 ? 0 : 1;
    const int32_t next = state_.NextBatch(static_cast<int32_t>(lane));
    if (batches_[lane] == next - first) continue;
    return Status(StatusCode::kBadInput,
                  fmt::format("the ledger has {} batches of lane {}, which is "
                              "not every one from {} to the last, {}",
                              batches_[lane], lane, first, next - 1));
  }
  state_.total = DigestOf(tables_);
  state_.owners.reserve(owners_.size());
  for (const auto& [owner, micros] : owners_) {
    state_.owners.push_back({owner, FromMicros(micros)});
  }
  std::sort(state_.owners.begin(), state_.owners.end(),
            [](const auto& a, const auto& b) { return a.owner < b.owner; });
  return std::move(state_);
}

Result<LedgerState> ReadLedger(Reader& reader) {
  LedgerSum sum;
  Status bad;
  TS_RETURN_IF_ERROR(
      reader.ScanTable(TableId::kLedger, [&](const StoredRow& row) {
        bad = sum.Add(row.encoding);
        return bad.ok();
      }));
  if (!bad.ok()) return bad;
  return sum.Take();
}

}  // namespace tillstorm
