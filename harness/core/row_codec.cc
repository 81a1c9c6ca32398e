#include "harness/core/row_codec.h"

#include <fmt/format.h>

#include <array>

namespace tillstorm {

void AppendForeign(char storage_class, std::string_view bytes,
                   std::vector<std::byte>* out) {
  const auto size = static_cast<uint32_t>(bytes.size());
  const size_t old_size = out->size();
  out->resize(old_size + 6 + bytes.size());
  std::byte* at = out->data() + old_size;
  at[0] = std::byte{2};
  at[1] = static_cast<std::byte>(storage_class);
  std::memcpy(at + 2, &size, 4);
  if (!bytes.empty()) std::memcpy(at + 6, bytes.data(), bytes.size());
}

std::string Describe(ColumnType type, const ValueView& value) {
  constexpr size_t kShown = 80;
  const auto quote = [](std::string_view text) {
    return fmt::format("'{}{}'", text.substr(0, kShown),
                       text.size() > kShown ? "..." : "");
  };
  if (value.is_null()) return "NULL";
  if (value.state == ValueView::State::kForeign) {
    switch (value.storage_class) {
      case 'i': {
        int64_t integer = 0;
        std::memcpy(&integer, value.text.data(), 8);
        return fmt::format("{} (an integer)", integer);
      }
      case 'r': {
        double real = 0;
        std::memcpy(&real, value.text.data(), 8);
        return fmt::format("{} (a real)", real);
      }
      case 't':
        return quote(value.text) + " (a text)";
      default:
        return fmt::format("a blob of {} bytes", value.text.size());
    }
  }
  switch (type) {
    case ColumnType::kInteger:
    case ColumnType::kBoolean:
      return fmt::format("{}", value.integer);
    case ColumnType::kFloat:
      return fmt::format("{}", value.real);
    case ColumnType::kNaiveTime:
    case ColumnType::kZonedTime:
      return SqlDateTime(FromMicros(value.integer));
    case ColumnType::kTimeOfDay: {
      std::string text(kSqlTimeSize, ' ');
      FormatSqlTime(TimeOfDay{value.integer}, text.data());
      return text;
    }
    case ColumnType::kBytes:
      return fmt::format("a blob of {} bytes", value.text.size());
    default:
      return quote(value.text);
  }
}

namespace {

// A column of a row struct that nobody filled.
std::byte* EncodeUnfilled(const ColumnInfo& column, std::byte* out) {
  if (column.nullable) return EncodeNull(out);
  switch (column.type) {
    case ColumnType::kInteger:
    case ColumnType::kNaiveTime:
    case ColumnType::kZonedTime:
    case ColumnType::kTimeOfDay:
      return EncodeFixed(int64_t{0}, out);
    case ColumnType::kFloat:
      return EncodeFixed(0.0, out);
    case ColumnType::kBoolean:
      return EncodeFixed(uint8_t{0}, out);
    case ColumnType::kVarchar:
    case ColumnType::kText:
    case ColumnType::kJson:
    case ColumnType::kBytes:
      break;
  }
  return EncodeText({}, out);
}

}  // namespace

void AppendStateOnly(const TableInfo& table, Bytes row,
                     std::vector<std::byte>* out) {
  const std::byte* at = row.data();
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (!table.Encodes(i)) continue;
    const ColumnInfo& column = table.columns[i];
    ValueView value;
    const std::byte* const end = DecodeValue(column.type, at, &value);
    if (column.is_state || static_cast<int>(i) == table.id_column) {
      out->insert(out->end(), at, end);
    } else {
      std::array<std::byte, 16> unfilled{};
      out->insert(out->end(), unfilled.data(),
                  EncodeUnfilled(column, unfilled.data()));
    }
    at = end;
  }
}

std::vector<ValueView> DecodeRow(const TableInfo& table, Bytes row) {
  std::vector<ValueView> values(table.columns.size());
  const std::byte* at = row.data();
  for (size_t i = 0; i < values.size(); ++i) {
    if (!table.Encodes(i)) continue;
    at = DecodeValue(table.columns[i].type, at, &values[i]);
  }
  TS_CHECK(at == row.data() + row.size());
  return values;
}

}  // namespace tillstorm
