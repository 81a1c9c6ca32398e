#include "storage/postgres/postgres_copy.h"

#include <array>
#include <bit>
#include <cstring>

#include "harness/core/check.h"
#include "harness/core/row_codec.h"

namespace tillstorm {
namespace {

// 2000-01-01 00:00 UTC, from which PostgreSQL counts, in microseconds since
// 1970.
constexpr int64_t kPostgresEpoch = 946'684'800 * kMicrosPerSecond;

uint16_t BigEndian(uint16_t value) { return __builtin_bswap16(value); }
uint32_t BigEndian(uint32_t value) { return __builtin_bswap32(value); }
uint64_t BigEndian(uint64_t value) { return __builtin_bswap64(value); }

template <class Unsigned>
char* Put(Unsigned value, char* out) {
  value = BigEndian(value);
  std::memcpy(out, &value, sizeof(value));
  return out + sizeof(value);
}

// The size of a value, then the value.
template <class Unsigned>
char* PutSized(Unsigned value, char* out) {
  return Put(value, Put(static_cast<uint32_t>(sizeof(value)), out));
}

template <class Unsigned>
Unsigned Load(std::string_view value) {
  TS_CHECK(value.size() == sizeof(Unsigned));
  Unsigned loaded = 0;
  std::memcpy(&loaded, value.data(), sizeof(loaded));
  return BigEndian(loaded);
}

uint64_t LoadNative(const std::byte* in) {
  uint64_t value = 0;
  std::memcpy(&value, in, sizeof(value));
  return value;
}

// A value of the canonical encoding, after its tag.
char* PutValue(ColumnType type, const std::byte** in, char* out) {
  const std::byte* const at = *in;
  switch (type) {
    case ColumnType::kInteger:
      *in = at + 8;
      return PutSized(static_cast<uint32_t>(LoadNative(at)), out);
    case ColumnType::kFloat:
    case ColumnType::kTimeOfDay:
      *in = at + 8;
      return PutSized(LoadNative(at), out);
    case ColumnType::kNaiveTime:
    case ColumnType::kZonedTime:
      *in = at + 8;
      return PutSized(LoadNative(at) - static_cast<uint64_t>(kPostgresEpoch),
                      out);
    case ColumnType::kBoolean:
      *in = at + 1;
      out = Put(uint32_t{1}, out);
      *out = static_cast<char>(*at);
      return out + 1;
    case ColumnType::kVarchar:
    case ColumnType::kText:
    case ColumnType::kJson:
    case ColumnType::kBytes:
      break;
  }
  uint32_t size = 0;
  std::memcpy(&size, at, sizeof(size));
  *in = at + sizeof(size) + size;
  out = Put(size, out);
  std::memcpy(out, at + sizeof(size), size);
  return out + size;
}

void Append(std::string_view bytes, std::vector<std::byte>* out) {
  const auto* const data = reinterpret_cast<const std::byte*>(bytes.data());
  out->insert(out->end(), data, data + bytes.size());
}

template <class Fixed>
void AppendFixed(Fixed value, std::vector<std::byte>* out) {
  std::array<std::byte, 1 + sizeof(Fixed)> encoded{};
  EncodeFixed(value, encoded.data());
  out->insert(out->end(), encoded.begin(), encoded.end());
}

void AppendInstant(int64_t micros, std::vector<std::byte>* out) {
  constexpr int64_t kMin = MicrosSinceEpoch(kInstantMin) - kPostgresEpoch;
  constexpr int64_t kMax = MicrosSinceEpoch(kInstantMax) - kPostgresEpoch;
  if (micros >= kMin && micros <= kMax) {
    return AppendFixed(micros + kPostgresEpoch, out);
  }
  AppendForeign('i', {reinterpret_cast<const char*>(&micros), sizeof(micros)},
                out);
}

}  // namespace

std::string_view CopyHeader() {
  return {"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
}

std::string_view CopyTrailer() { return "\377\377"; }

CopyRow CopyRow::OfInserts(const TableInfo& table) {
  CopyRow row;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    row.Add(table.columns[i], !table.Encodes(i));
  }
  return row;
}

CopyRow CopyRow::OfUpdates(const TableInfo& table) {
  CopyRow row;
  for (const ColumnInfo& column : table.columns) {
    if (column.can_change || column.name == "id") row.Add(column, false);
  }
  return row;
}

void CopyRow::Add(const ColumnInfo& column, bool is_given) {
  if (is_given) given_ = static_cast<int>(types_.size());
  types_.push_back(column.type);
  if (!columns_.empty()) columns_ += ',';
  columns_ += column.name;
}

char* CopyRow::Encode(Bytes payload, int32_t id, char* out) const {
  const std::byte* in = payload.data();
  out = Put(static_cast<uint16_t>(types_.size()), out);
  for (size_t i = 0; i < types_.size(); ++i) {
    if (static_cast<int>(i) == given_) {
      out = PutSized(static_cast<uint32_t>(id), out);
      continue;
    }
    const bool is_null = *in == std::byte{0};
    ++in;
    out = is_null ? Put(~uint32_t{0}, out) : PutValue(types_[i], &in, out);
  }
  TS_DCHECK(in == payload.data() + payload.size());
  return out;
}

void AppendDecodedNull(std::vector<std::byte>* out) {
  out->push_back(std::byte{0});
}

void AppendDecoded(ColumnType type, std::string_view value,
                   std::vector<std::byte>* out) {
  switch (type) {
    case ColumnType::kInteger:
      return AppendFixed(int64_t{DecodeInt4(value)}, out);
    case ColumnType::kFloat: {
      const auto real = std::bit_cast<double>(Load<uint64_t>(value));
      return AppendFixed(real == 0 ? 0.0 : real, out);
    }
    case ColumnType::kTimeOfDay:
      return AppendFixed(static_cast<int64_t>(Load<uint64_t>(value)), out);
    case ColumnType::kNaiveTime:
    case ColumnType::kZonedTime:
      return AppendInstant(static_cast<int64_t>(Load<uint64_t>(value)), out);
    case ColumnType::kBoolean:
      TS_CHECK(value.size() == 1);
      return AppendFixed(static_cast<uint8_t>(value[0]), out);
    case ColumnType::kVarchar:
    case ColumnType::kText:
    case ColumnType::kJson:
    case ColumnType::kBytes:
      AppendFixed(static_cast<uint32_t>(value.size()), out);
      return Append(value, out);
  }
}

int32_t DecodeInt4(std::string_view value) {
  return static_cast<int32_t>(Load<uint32_t>(value));
}

}  // namespace tillstorm
