// Column: ties one column of a table to one member of its row struct. A row
// struct lists its columns in `static constexpr auto Columns()`; row_codec.h
// encodes rows from that list, schema.cc makes TableInfo of it.
//
// The C++ type of a member and the SQL type belong together:
//   int32_t INTEGER · double FLOAT · bool BOOLEAN · std::string_view VARCHAR(n)
//   or TEXT · Json JSON · Instant DATETIME · TimeOfDay TIME · Bytes BLOB
// and std::optional of them for a nullable column.
#ifndef TILLSTORM_HARNESS_CORE_COLUMN_H_
#define TILLSTORM_HARNESS_CORE_COLUMN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "harness/core/instant.h"
#include "harness/core/schema.h"

namespace tillstorm {

// Text of a JSON object or array.
struct Json {
  std::string_view text;
};

using Bytes = std::span<const std::byte>;

struct ColumnSpec {
  ColumnType type;
  uint16_t length = 0;
  bool indexed = false;  // ix_<table>_<column>
  bool unique = false;   // that index is UNIQUE
  bool can_change = false;
  bool is_state = false;
  std::string_view references = {};

  [[nodiscard]] constexpr ColumnSpec Index() const {
    ColumnSpec copy = *this;
    copy.indexed = true;
    return copy;
  }
  [[nodiscard]] constexpr ColumnSpec Unique() const {
    ColumnSpec copy = Index();
    copy.unique = true;
    return copy;
  }
  [[nodiscard]] constexpr ColumnSpec Changes() const {
    ColumnSpec copy = *this;
    copy.can_change = true;
    return copy;
  }
  // Changes, and says how the thing is doing now.
  [[nodiscard]] constexpr ColumnSpec State() const {
    ColumnSpec copy = Changes();
    copy.is_state = true;
    return copy;
  }
  [[nodiscard]] constexpr ColumnSpec To(std::string_view table) const {
    ColumnSpec copy = *this;
    copy.references = table;
    return copy;
  }
};

inline constexpr ColumnSpec kInt{ColumnType::kInteger};
inline constexpr ColumnSpec kReal{ColumnType::kFloat};
inline constexpr ColumnSpec kBool{ColumnType::kBoolean};
inline constexpr ColumnSpec kText{ColumnType::kText};
inline constexpr ColumnSpec kJsonText{ColumnType::kJson};
inline constexpr ColumnSpec kNaive{ColumnType::kNaiveTime};
inline constexpr ColumnSpec kZoned{ColumnType::kZonedTime};
inline constexpr ColumnSpec kClock{ColumnType::kTimeOfDay};
inline constexpr ColumnSpec kBlob{ColumnType::kBytes};
[[nodiscard]] constexpr ColumnSpec Varchar(uint16_t length) {
  return {ColumnType::kVarchar, length};
}

template <class Row, class Value>
struct Column {
  constexpr Column(std::string_view column_name, Value Row::*row_member,
                   ColumnSpec column_spec)
      : name(column_name), member(row_member), spec(column_spec) {}
  std::string_view name;
  Value Row::*member;
  ColumnSpec spec;
};

// The column `id` of a table whose writer numbers the rows: no member.
struct WriterId {
  std::string_view name = "id";
  ColumnSpec spec = kInt;
};
inline constexpr WriterId kWriterId{"id", kInt.Index()};
inline constexpr WriterId kWriterIdNoIndex{};

template <class Value>
inline constexpr bool kIsOptional = false;
template <class Value>
inline constexpr bool kIsOptional<std::optional<Value>> = true;

// Whether a member of that C++ type may stand for that SQL type.
template <class Value>
[[nodiscard]] constexpr bool Holds(ColumnType type) {
  if constexpr (kIsOptional<Value>) {
    return Holds<typename Value::value_type>(type);
  } else if constexpr (std::is_same_v<Value, int32_t>) {
    return type == ColumnType::kInteger;
  } else if constexpr (std::is_same_v<Value, double>) {
    return type == ColumnType::kFloat;
  } else if constexpr (std::is_same_v<Value, bool>) {
    return type == ColumnType::kBoolean;
  } else if constexpr (std::is_same_v<Value, std::string_view>) {
    return type == ColumnType::kVarchar || type == ColumnType::kText;
  } else if constexpr (std::is_same_v<Value, Json>) {
    return type == ColumnType::kJson;
  } else if constexpr (std::is_same_v<Value, Instant>) {
    return type == ColumnType::kNaiveTime || type == ColumnType::kZonedTime;
  } else if constexpr (std::is_same_v<Value, TimeOfDay>) {
    return type == ColumnType::kTimeOfDay;
  } else {
    static_assert(std::is_same_v<Value, Bytes>, "no SQL type for this member");
    return type == ColumnType::kBytes;
  }
}

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_COLUMN_H_
