// The canonical encoding of a row: what the digest hashes, what event blocks
// carry, what backends bind from. One format for every engine.
//
// Columns in table order; the column `id` is left out where the writer gives
// it. Each value is one byte, 0 for NULL and 1 otherwise, then if not NULL:
//   INTEGER                8 bytes, two's complement
//   FLOAT                  8 bytes, IEEE 754 double; -0.0 is stored as 0.0
//   BOOLEAN                1 byte, 0 or 1
//   VARCHAR, TEXT, JSON    4 bytes length in bytes, then that much UTF-8
//   DATETIME (both)        8 bytes, microseconds since 1970-01-01 00:00 UTC
//   TIME                   8 bytes, microseconds since midnight
//   BLOB                   as text
// All numbers little-endian. A reader that meets a stored value of another type
// encodes it as byte 2, one letter for its storage class (i, r, t, b), 4 bytes
// length and its bytes (i and r as 8 bytes), so that it can never pass for the
// right one.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_CORE_ROW_CODEC_H_
#define TILLSTORM_HARNESS_CORE_ROW_CODEC_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "harness/core/check.h"
#include "harness/core/column.h"
#include "harness/core/instant.h"
#include "harness/core/schema.h"

namespace tillstorm {

static_assert(std::endian::native == std::endian::little,
              "the encoding is written with memcpy");

// --- Encoding one value; each returns the position after it. ---

inline std::byte* EncodeNull(std::byte* out) {
  *out = std::byte{0};
  return out + 1;
}

template <class Fixed>
std::byte* EncodeFixed(Fixed value, std::byte* out) {
  *out = std::byte{1};
  std::memcpy(out + 1, &value, sizeof(value));
  return out + 1 + sizeof(value);
}

inline std::byte* EncodeText(std::string_view text, std::byte* out) {
  out = EncodeFixed(static_cast<uint32_t>(text.size()), out);
  // memcpy may not be given the null pointer of an empty view.
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

template <class Value>
std::byte* EncodeValue(const Value& value, std::byte* out) {
  if constexpr (kIsOptional<Value>) {
    return value ? EncodeValue(*value, out) : EncodeNull(out);
  } else if constexpr (std::is_same_v<Value, bool>) {
    return EncodeFixed(static_cast<uint8_t>(value), out);
  } else if constexpr (std::is_same_v<Value, double>) {
    TS_DCHECK(value == value);  // no NaN
    return EncodeFixed(value == 0 ? 0.0 : value, out);
  } else if constexpr (std::is_same_v<Value, int32_t>) {
    return EncodeFixed(static_cast<int64_t>(value), out);
  } else if constexpr (std::is_same_v<Value, Instant>) {
    return EncodeFixed(MicrosSinceEpoch(value), out);
  } else if constexpr (std::is_same_v<Value, TimeOfDay>) {
    return EncodeFixed(value.micros, out);
  } else if constexpr (std::is_same_v<Value, std::string_view>) {
    return EncodeText(value, out);
  } else if constexpr (std::is_same_v<Value, Json>) {
    return EncodeText(value.text, out);
  } else {
    static_assert(std::is_same_v<Value, Bytes>);
    return EncodeText(
        {reinterpret_cast<const char*>(value.data()), value.size()}, out);
  }
}

// An upper bound of the encoded size.
template <class Value>
size_t EncodedSizeMax(const Value& value) {
  if constexpr (kIsOptional<Value>) {
    return value ? EncodedSizeMax(*value) : 1;
  } else if constexpr (std::is_same_v<Value, std::string_view>) {
    return 5 + value.size();
  } else if constexpr (std::is_same_v<Value, Json>) {
    return 5 + value.text.size();
  } else if constexpr (std::is_same_v<Value, Bytes>) {
    return 5 + value.size();
  } else {
    return 9;
  }
}

// --- Encoding a row struct. ---

namespace codec_internal {

template <class Row>
size_t SizeOf(const Row&, const WriterId&) {
  return 0;
}
template <class Row, class Value>
size_t SizeOf(const Row& row, const Column<Row, Value>& column) {
  return EncodedSizeMax(row.*(column.member));
}
template <class Row>
std::byte* Put(const Row&, const WriterId&, std::byte* out) {
  return out;
}
template <class Row, class Value>
std::byte* Put(const Row& row, const Column<Row, Value>& column,
               std::byte* out) {
  return EncodeValue(row.*(column.member), out);
}
template <class Row, class Value>
std::byte* PutIfChanges(const Row& row, const Column<Row, Value>& column,
                        std::byte* out) {
  const bool carried = column.spec.can_change || column.name == "id";
  return carried ? EncodeValue(row.*(column.member), out) : out;
}

}  // namespace codec_internal

template <class Row>
size_t EncodedRowSizeMax(const Row& row) {
  return std::apply(
      [&row](const auto&... column) {
        return (codec_internal::SizeOf(row, column) + ...);
      },
      Row::Columns());
}

// Writes the encoding and returns the position after it.
// REQUIRES: EncodedRowSizeMax(row) bytes at `out`.
template <class Row>
std::byte* EncodeRow(const Row& row, std::byte* out) {
  std::apply(
      [&row, &out](const auto&... column) {
        ((out = codec_internal::Put(row, column, out)), ...);
      },
      Row::Columns());
  return out;
}

// The payload of an update: `id`, then the columns that can change, in table
// order, encoded as above. REQUIRES: a table with pure ids.
template <class Row>
std::byte* EncodeUpdate(const Row& row, std::byte* out) {
  std::apply(
      [&row, &out](const auto&... column) {
        ((out = codec_internal::PutIfChanges(row, column, out)), ...);
      },
      Row::Columns());
  return out;
}

// --- Decoding. ---

// One decoded value. Texts point into the encoding.
struct ValueView {
  enum class State : uint8_t { kNull, kValue, kForeign };
  State state = State::kNull;
  int64_t integer = 0;     // INTEGER, BOOLEAN, DATETIME, TIME
  double real = 0;         // FLOAT
  std::string_view text;   // VARCHAR, TEXT, JSON, BLOB; foreign: raw bytes
  char storage_class = 0;  // of a foreign value

  [[nodiscard]] bool is_null() const { return state == State::kNull; }
};

// Reads one value of a column of that type and returns the position after it.
// REQUIRES: `in` points at a value written by this encoding.
inline const std::byte* DecodeValue(ColumnType type, const std::byte* in,
                                    ValueView* value) {
  *value = ValueView{};
  const auto tag = static_cast<uint8_t>(*in++);
  if (tag == 0) return in;
  uint32_t size = 0;
  if (tag == 2) {
    value->state = ValueView::State::kForeign;
    value->storage_class = static_cast<char>(*in++);
  } else {
    value->state = ValueView::State::kValue;
    switch (type) {
      case ColumnType::kInteger:
      case ColumnType::kNaiveTime:
      case ColumnType::kZonedTime:
      case ColumnType::kTimeOfDay:
        std::memcpy(&value->integer, in, 8);
        return in + 8;
      case ColumnType::kFloat:
        std::memcpy(&value->real, in, 8);
        return in + 8;
      case ColumnType::kBoolean:
        value->integer = static_cast<uint8_t>(*in);
        return in + 1;
      case ColumnType::kVarchar:
      case ColumnType::kText:
      case ColumnType::kJson:
      case ColumnType::kBytes:
        break;
    }
  }
  std::memcpy(&size, in, 4);
  value->text = {reinterpret_cast<const char*>(in) + 4, size};
  return in + 4 + size;
}

// Reading back: appends a value that does not have the declared type.
void AppendForeign(char storage_class, std::string_view bytes,
                   std::vector<std::byte>* out);

// A value as a message shows it: `NULL`, `12.5`, `'text'`, a time as SQL text.
[[nodiscard]] std::string Describe(ColumnType type, const ValueView& value);

// Appends the encoding of the row as far as it is `id` and current state; every
// other column is as in a row struct that nobody filled: NULL, or where that is
// not allowed an empty text or 0. What is known of a row that HOMEPOT made.
// REQUIRES: as for DecodeRow().
void AppendStateOnly(const TableInfo& table, Bytes row,
                     std::vector<std::byte>* out);

// All columns of an encoded row; a writer-given `id` stays NULL.
// REQUIRES: `row` is the whole encoding of a row of `table`.
[[nodiscard]] std::vector<ValueView> DecodeRow(const TableInfo& table,
                                               Bytes row);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_ROW_CODEC_H_
