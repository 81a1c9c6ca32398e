#include "storage/sqlite/sqlite_statement.h"

#include <fmt/format.h>

#include <cstring>
#include <string>

#include "harness/core/check.h"
#include "harness/core/instant.h"
#include "harness/core/row_codec.h"

namespace tillstorm {
namespace {

constexpr size_t kDateSize = 11;  // `2026-01-05 `

char* PutTwoDigits(int64_t number, char* out) {
  out[0] = static_cast<char>('0' + number / 10);
  out[1] = static_cast<char>('0' + number % 10);
  return out + 2;
}

// The time of day of an SQL text, `08:00:00.000000`.
void PutTimeOfDay(int64_t micros, char* out) {
  const int64_t seconds = micros / kMicrosPerSecond;
  const int64_t fraction = micros % kMicrosPerSecond;
  out = PutTwoDigits(seconds / 3600, out);
  *out++ = ':';
  out = PutTwoDigits(seconds / 60 % 60, out);
  *out++ = ':';
  out = PutTwoDigits(seconds % 60, out);
  *out++ = '.';
  out = PutTwoDigits(fraction / 10'000, out);
  out = PutTwoDigits(fraction / 100 % 100, out);
  PutTwoDigits(fraction % 100, out);
}

}  // namespace

Result<RowStatement> RowStatement::Insert(const TableInfo& table,
                                          SqliteDb* db) {
  RowStatement made;
  std::string columns;
  std::string parameters;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const int parameter = static_cast<int>(i) + 1;
    columns += fmt::format("{}{}", i == 0 ? "" : ",", table.columns[i].name);
    parameters += fmt::format("{}?{}", i == 0 ? "" : ",", parameter);
    if (table.Encodes(i)) {
      made.AddSlot(table.columns[i].type, parameter);
    } else {
      made.id_parameter_ = parameter;
    }
  }
  Result<SqliteStatement> statement = db->Prepare(fmt::format(
      "INSERT INTO {}({}) VALUES({})", table.name, columns, parameters));
  if (!statement.ok()) return statement.status();
  made.statement_ = std::move(*statement);
  return made;
}

template <class IsCarried, class IsAssigned>
Result<RowStatement> RowStatement::MakeUpdate(const TableInfo& table,
                                              IsCarried&& is_carried,
                                              IsAssigned&& is_assigned,
                                              SqliteDb* db) {
  TS_CHECK(table.id_source == IdSource::kPure && table.id_column == 0);
  RowStatement made;
  std::string assignments;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const ColumnInfo& column = table.columns[i];
    const bool is_id = static_cast<int>(i) == table.id_column;
    if (!is_id && !is_carried(column)) continue;
    const bool is_used = is_id || is_assigned(column);
    const int parameter = is_used ? static_cast<int>(i) + 1 : 0;
    made.AddSlot(column.type, parameter);
    if (is_id || !is_used) continue;
    assignments += fmt::format("{}{}=?{}", assignments.empty() ? "" : ",",
                               column.name, parameter);
  }
  TS_CHECK(!assignments.empty());
  Result<SqliteStatement> statement =
      db->Prepare(fmt::format("UPDATE {} SET {} WHERE id=?{}", table.name,
                              assignments, table.id_column + 1));
  if (!statement.ok()) return statement.status();
  made.statement_ = std::move(*statement);
  return made;
}

Result<RowStatement> RowStatement::Update(const TableInfo& table,
                                          SqliteDb* db) {
  const auto changes = [](const ColumnInfo& column) {
    return column.can_change;
  };
  return MakeUpdate(table, changes, changes, db);
}

Result<RowStatement> RowStatement::UpdateState(const TableInfo& table,
                                               SqliteDb* db) {
  return MakeUpdate(
      table, [](const ColumnInfo& column) { return column.can_change; },
      [](const ColumnInfo& column) { return column.is_state; }, db);
}

Result<RowStatement> RowStatement::TakeOver(const TableInfo& table,
                                            SqliteDb* db) {
  return MakeUpdate(
      table, [](const ColumnInfo&) { return true; },
      [](const ColumnInfo& column) { return column.is_state; }, db);
}

void RowStatement::AddSlot(ColumnType type, int parameter) {
  Slot slot;
  slot.type = type;
  slot.parameter = parameter;
  slots_.push_back(slot);
}

int RowStatement::Execute(Bytes payload) {
  int code = Bind(payload);
  if (code != SQLITE_OK) return code;
  code = sqlite3_step(statement_.get());
  // Resetting repeats the error of the step, if it had one.
  const int reset = sqlite3_reset(statement_.get());
  return code == SQLITE_DONE ? reset : code;
}

int RowStatement::Bind(Bytes payload) {
  const std::byte* at = payload.data();
  for (Slot& slot : slots_) {
    if (slot.parameter == 0) {
      ValueView unused;
      at = DecodeValue(slot.type, at, &unused);
      continue;
    }
    const bool is_null = *at == std::byte{0};
    TS_DCHECK(static_cast<uint8_t>(*at) <= 1);
    ++at;
    if (is_null) {
      if (slot.is_null) continue;
      slot.is_null = true;
      slot.micros = -1;
      sqlite3_bind_null(statement_.get(), slot.parameter);
      continue;
    }
    const int code = BindValue(&slot, &at);
    if (code != SQLITE_OK) return code;
    slot.is_null = false;
  }
  TS_DCHECK(at == payload.data() + payload.size());
  return SQLITE_OK;
}

int RowStatement::BindValue(Slot* slot, const std::byte** at) {
  sqlite3_stmt* const statement = statement_.get();
  const std::byte* const in = *at;
  int64_t integer = 0;
  switch (slot->type) {
    case ColumnType::kInteger:
      std::memcpy(&integer, in, 8);
      *at = in + 8;
      return sqlite3_bind_int64(statement, slot->parameter, integer);
    case ColumnType::kFloat: {
      double real = 0;
      std::memcpy(&real, in, 8);
      *at = in + 8;
      return sqlite3_bind_double(statement, slot->parameter, real);
    }
    case ColumnType::kBoolean:
      *at = in + 1;
      return sqlite3_bind_int(statement, slot->parameter,
                              static_cast<int>(*in));
    case ColumnType::kNaiveTime:
    case ColumnType::kZonedTime:
    case ColumnType::kTimeOfDay:
      std::memcpy(&integer, in, 8);
      *at = in + 8;
      return BindTime(slot, integer);
    case ColumnType::kVarchar:
    case ColumnType::kText:
    case ColumnType::kJson:
    case ColumnType::kBytes:
      break;
  }
  uint32_t size = 0;
  std::memcpy(&size, in, 4);
  *at = in + 4 + size;
  const auto* text = reinterpret_cast<const char*>(in + 4);
  if (slot->type == ColumnType::kBytes) {
    return sqlite3_bind_blob64(statement, slot->parameter, text, size,
                               SQLITE_STATIC);
  }
  return sqlite3_bind_text(statement, slot->parameter, text,
                           static_cast<int>(size), SQLITE_STATIC);
}

int RowStatement::BindTime(Slot* slot, int64_t micros) {
  // Rows come in time order: often the same instant, mostly the same day.
  if (slot->micros == micros) return SQLITE_OK;
  size_t size = kSqlDateTimeSize;
  if (slot->type == ColumnType::kTimeOfDay) {
    FormatSqlTime(TimeOfDay{micros}, slot->text.data());
    size = kSqlTimeSize;
  } else if (slot->micros >= 0 &&
             slot->micros / kMicrosPerDay == micros / kMicrosPerDay) {
    PutTimeOfDay(micros % kMicrosPerDay, slot->text.data() + kDateSize);
  } else {
    FormatSqlDateTime(FromMicros(micros), slot->text.data());
  }
  slot->micros = micros;
  return sqlite3_bind_text(statement_.get(), slot->parameter, slot->text.data(),
                           static_cast<int>(size), SQLITE_STATIC);
}

}  // namespace tillstorm
