#include "storage/sqlite/sqlite_reader.h"

#include <fmt/format.h>

#include <atomic>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/instant.h"
#include "harness/core/row_codec.h"
#include "storage/sqlite/sqlite_db.h"
#include "storage/sqlite/sqlite_open.h"

namespace tillstorm {
namespace {

// The encoding of one row after another in one growing buffer.
class RowEncoder {
 public:
  void Clear() { used_ = 0; }
  [[nodiscard]] Bytes bytes() const { return {buffer_.data(), used_}; }

  // Appends a column of the statement's current row.
  void Append(sqlite3_stmt* row, int column, ColumnType type);

 private:
  std::byte* Room(size_t size) {
    if (buffer_.size() - used_ < size) {
      buffer_.resize(2 * (buffer_.size() + size));
    }
    return buffer_.data() + used_;
  }
  void Advance(const std::byte* end) {
    used_ = static_cast<size_t>(end - buffer_.data());
  }
  template <class Fixed>
  void AppendFixed(Fixed value) {
    Advance(EncodeFixed(value, Room(1 + sizeof(value))));
  }
  void AppendText(std::string_view text) {
    Advance(EncodeText(text, Room(5 + text.size())));
  }
  void AppendOther(char storage_class, std::string_view bytes);

  void AppendInteger(int64_t value, ColumnType type);
  void AppendReal(double value, ColumnType type);
  void AppendString(std::string_view value, ColumnType type);

  std::vector<std::byte> buffer_ = std::vector<std::byte>(4096);
  size_t used_ = 0;
  std::vector<std::byte> foreign_;
};

// Not the declared type: kept apart, so that it never passes for it.
void RowEncoder::AppendOther(char storage_class, std::string_view bytes) {
  foreign_.clear();
  AppendForeign(storage_class, bytes, &foreign_);
  std::byte* at = Room(foreign_.size());
  std::memcpy(at, foreign_.data(), foreign_.size());
  Advance(at + foreign_.size());
}

void RowEncoder::AppendInteger(int64_t value, ColumnType type) {
  if (type == ColumnType::kInteger) {
    AppendFixed(value);
  } else if (type == ColumnType::kBoolean && (value == 0 || value == 1)) {
    AppendFixed(static_cast<uint8_t>(value));
  } else {
    AppendOther('i', {reinterpret_cast<const char*>(&value), sizeof(value)});
  }
}

void RowEncoder::AppendReal(double value, ColumnType type) {
  if (type == ColumnType::kFloat) {
    AppendFixed(value == 0 ? 0.0 : value);
  } else {
    AppendOther('r', {reinterpret_cast<const char*>(&value), sizeof(value)});
  }
}

void RowEncoder::AppendString(std::string_view value, ColumnType type) {
  Instant instant;
  TimeOfDay time;
  switch (type) {
    case ColumnType::kVarchar:
    case ColumnType::kText:
    case ColumnType::kJson:
      return AppendText(value);
    case ColumnType::kNaiveTime:
    case ColumnType::kZonedTime:
      if (!ParseSqlDateTime(value, &instant)) break;
      return AppendFixed(MicrosSinceEpoch(instant));
    case ColumnType::kTimeOfDay:
      if (!ParseSqlTime(value, &time)) break;
      return AppendFixed(time.micros);
    default:
      break;
  }
  AppendOther('t', value);
}

void RowEncoder::Append(sqlite3_stmt* row, int column, ColumnType type) {
  const auto string = [row, column](const void* data) {
    const auto size = static_cast<size_t>(sqlite3_column_bytes(row, column));
    return size == 0 ? std::string_view("", 0)
                     : std::string_view(static_cast<const char*>(data), size);
  };
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL:
      return Advance(EncodeNull(Room(1)));
    case SQLITE_INTEGER:
      return AppendInteger(sqlite3_column_int64(row, column), type);
    case SQLITE_FLOAT:
      return AppendReal(sqlite3_column_double(row, column), type);
    case SQLITE_TEXT:
      return AppendString(string(sqlite3_column_text(row, column)), type);
    default:
      break;
  }
  const std::string_view blob = string(sqlite3_column_blob(row, column));
  type == ColumnType::kBytes ? AppendText(blob) : AppendOther('b', blob);
}

class SqliteReader : public Reader {
 public:
  explicit SqliteReader(SqliteDb db) : db_(std::move(db)) {}

  Result<Manifest> ReadManifest() override;
  Status ScanTable(TableId id,
                   const std::function<bool(const StoredRow&)>& visit) override;
  Status CheckStructure() override;
  void Interrupt() override {
    stop_ = true;
    db_.Interrupt();
  }

 private:
  [[nodiscard]] Status CheckStop() const {
    if (!stop_) return Status::Ok();
    return {StatusCode::kInterrupted,
            fmt::format("{}: stopped while reading", db_.shown())};
  }

  SqliteDb db_;
  std::atomic<bool> stop_{false};
  RowEncoder encoder_;
};

Result<Manifest> SqliteReader::ReadManifest() {
  TS_RETURN_IF_ERROR(CheckStop());
  return tillstorm::ReadManifest(&db_);
}

Status SqliteReader::ScanTable(
    TableId id, const std::function<bool(const StoredRow&)>& visit) {
  TS_RETURN_IF_ERROR(CheckStop());
  const TableInfo& table = Table(id);
  std::string columns;
  for (const ColumnInfo& column : table.columns) {
    columns += fmt::format("{}{}", columns.empty() ? "" : ",", column.name);
  }
  Result<SqliteStatement> statement =
      db_.Prepare(fmt::format("SELECT {} FROM {} ORDER BY {}", columns,
                              table.name, fmt::join(table.primary_key, ",")));
  if (!statement.ok()) return statement.status();
  sqlite3_stmt* const row = statement->get();
  int code = SQLITE_OK;
  while ((code = sqlite3_step(row)) == SQLITE_ROW) {
    encoder_.Clear();
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (!table.Encodes(i)) continue;
      encoder_.Append(row, static_cast<int>(i), table.columns[i].type);
    }
    StoredRow stored{encoder_.bytes(), 0};
    if (table.id_column >= 0) {
      stored.id = sqlite3_column_int64(row, table.id_column);
    }
    if (!visit(stored)) return Status::Ok();
  }
  if (code == SQLITE_DONE) return Status::Ok();
  return db_.Error(code, fmt::format("reading {}", table.name));
}

Status SqliteReader::CheckStructure() {
  TS_RETURN_IF_ERROR(CheckStop());
  const Result<std::string> found = db_.Ask("PRAGMA quick_check(1)");
  if (!found.ok()) return found.status();
  if (*found == "ok") return Status::Ok();
  return {StatusCode::kBadInput,
          fmt::format("{} is damaged: {}", db_.shown(), *found)};
}

Result<std::unique_ptr<Reader>> ReaderOn(Result<SqliteDb> db) {
  if (!db.ok()) return db.status();
  return std::unique_ptr<Reader>(
      std::make_unique<SqliteReader>(std::move(*db)));
}

}  // namespace

Result<std::unique_ptr<Reader>> OpenSqliteReader(const std::string& path) {
  return ReaderOn(OpenUntrusted(path));
}

Result<std::unique_ptr<Reader>> OpenSqliteAdoptable(const std::string& path) {
  return ReaderOn(OpenAdoptable(path));
}

}  // namespace tillstorm
