#include "storage/sqlite/run_registry.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <utility>

#include "storage/sqlite/sqlite_db.h"
#include "storage/sqlite/sqlite_path.h"

namespace tillstorm {
namespace {

// `TSRR`, so that no other SQLite file is taken for a registry.
constexpr int kApplicationId = 0x54535252;

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS run_begin ("
    " number INTEGER PRIMARY KEY,"
    " started TEXT NOT NULL, folder TEXT NOT NULL UNIQUE,"
    " command TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS run_end ("
    " number INTEGER PRIMARY KEY REFERENCES run_begin,"
    " verdict TEXT NOT NULL, headline TEXT NOT NULL, checksum TEXT NOT NULL);";

// Appended to for both tables and both kinds of change.
std::string Guards() {
  std::string sql;
  for (const char* table : {"run_begin", "run_end"}) {
    for (const char* change : {"UPDATE", "DELETE"}) {
      sql += fmt::format(
          "CREATE TRIGGER IF NOT EXISTS {}_no_{} BEFORE {} ON {} BEGIN "
          "SELECT RAISE(ABORT, 'runs are only ever added'); END;",
          table, change, change, table);
    }
  }
  return sql;
}

Status MakeFile(const std::string& path) {
  const int descriptor =
      open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor >= 0) {
    close(descriptor);
    return Status::Ok();
  }
  if (errno == EEXIST) return Status::Ok();
  return {errno == EACCES || errno == EPERM ? StatusCode::kPermission
                                            : StatusCode::kCannotCreate,
          fmt::format("{}: cannot make it: {}", path, std::strerror(errno))};
}

class SqliteRunRegistry final : public RunRegistry {
 public:
  explicit SqliteRunRegistry(SqliteDb db) : db_(std::move(db)) {}

  Status SetUp() {
    TS_RETURN_IF_ERROR(db_.Run("BEGIN IMMEDIATE", "opening it"));
    const Status status = SetUpInside();
    if (!status.ok()) {
      db_.Rollback();
      return status;
    }
    return db_.Run("COMMIT", "opening it");
  }

  Status CheckKind() {
    const Result<std::string> id = db_.Ask("PRAGMA application_id");
    if (!id.ok()) return id.status();
    if (*id == std::to_string(kApplicationId)) return Status::Ok();
    return {StatusCode::kBadInput,
            fmt::format("{} is no registry of runs: its application_id is {}, "
                        "not {}",
                        db_.shown(), *id, kApplicationId)};
  }

  Result<int64_t> Begin(const RunBegin& run) override {
    TS_RETURN_IF_ERROR(
        Insert("INSERT INTO run_begin (started, folder, command) "
               "VALUES (?1, ?2, ?3)",
               {run.started, run.folder, run.command}));
    return sqlite3_last_insert_rowid(db_.handle());
  }

  Status End(int64_t number, const RunEnd& end) override {
    return Insert(
        "INSERT INTO run_end (number, verdict, headline, checksum) "
        "VALUES (CAST(?1 AS INTEGER), ?2, ?3, ?4)",
        {std::to_string(number), end.verdict, end.headline, end.checksum});
  }

  Result<std::optional<RunEnd>> Find(const std::string& folder) override {
    Result<SqliteStatement> statement = db_.Prepare(
        "SELECT verdict, headline, checksum FROM run_end "
        "JOIN run_begin USING (number) WHERE folder = ?1");
    if (!statement.ok()) return statement.status();
    Bind(statement->get(), {folder});
    const int code = sqlite3_step(statement->get());
    if (code == SQLITE_DONE) return std::optional<RunEnd>();
    if (code != SQLITE_ROW) return db_.Error(code, "looking for a run");
    const auto text = [&statement](int column) {
      return std::string(ColumnText(statement->get(), column));
    };
    return std::optional<RunEnd>({text(0), text(1), text(2)});
  }

  Result<RunCounts> Count(const std::string& folder) override {
    Result<SqliteStatement> statement = db_.Prepare(
        "WITH runs AS (SELECT command, verdict IS NULL AS killed,"
        " coalesce(verdict LIKE 'VALID%', 0) AS valid FROM run_begin"
        " LEFT JOIN run_end USING (number)),"
        " this AS (SELECT command FROM run_begin WHERE folder = ?1) "
        "SELECT count(*), total(valid), total(killed),"
        " total(command IN this), total(valid AND command IN this) FROM runs");
    if (!statement.ok()) return statement.status();
    Bind(statement->get(), {folder});
    const int code = sqlite3_step(statement->get());
    if (code != SQLITE_ROW) return db_.Error(code, "counting the runs");
    const auto number = [&statement](int column) {
      return sqlite3_column_int64(statement->get(), column);
    };
    return RunCounts{number(0), number(1), number(2), number(3), number(4)};
  }

 private:
  Status SetUpInside() {
    const Result<std::string> tables =
        db_.Ask("SELECT count(*) FROM sqlite_master");
    if (!tables.ok()) return tables.status();
    if (*tables == "0") {
      TS_RETURN_IF_ERROR(
          db_.Run(fmt::format("PRAGMA application_id = {}", kApplicationId),
                  "setting it up"));
    }
    TS_RETURN_IF_ERROR(CheckKind());
    return db_.Run(kSchema + Guards(), "setting it up");
  }

  static void Bind(sqlite3_stmt* statement,
                   std::initializer_list<std::string_view> values) {
    int parameter = 1;
    for (const std::string_view value : values) {
      sqlite3_bind_text(statement, parameter++, value.data(),
                        static_cast<int>(value.size()), SQLITE_TRANSIENT);
    }
  }

  Status Insert(const std::string& sql,
                std::initializer_list<std::string_view> values) {
    Result<SqliteStatement> statement = db_.Prepare(sql);
    if (!statement.ok()) return statement.status();
    Bind(statement->get(), values);
    const int code = sqlite3_step(statement->get());
    return code == SQLITE_DONE ? Status::Ok() : db_.Error(code, "adding a run");
  }

  SqliteDb db_;
};

// `folder` without links, with the name of the file.
Result<std::string> FileIn(const std::string& folder) {
  std::string resolved;
  const int error = ResolveDirectory(
      fmt::format("{}/{}", folder, kRunRegistryFile), &resolved);
  if (error != 0) {
    return Status(StatusCode::kBadInput,
                  fmt::format("{}: {}", folder, std::strerror(error)));
  }
  return resolved;
}

}  // namespace

std::string CountsText(const RunCounts& counts) {
  std::string text = fmt::format("{} run{}, {} valid", counts.runs,
                                 counts.runs == 1 ? "" : "s", counts.valid);
  if (counts.killed > 0) text += fmt::format(", {} never ended", counts.killed);
  if (counts.alike > 0) {
    text += fmt::format("; of this command {}, {} valid", counts.alike,
                        counts.alike_valid);
  }
  return text;
}

Result<std::unique_ptr<RunRegistry>> RunRegistry::Open(
    const std::string& folder) {
  const Result<std::string> file = FileIn(folder);
  if (!file.ok()) return file.status();
  TS_RETURN_IF_ERROR(MakeFile(*file));
  Result<SqliteDb> db = SqliteDb::Open(*file, *file, SqliteRole::kNewcomer);
  if (!db.ok()) return db.status();
  auto registry = std::make_unique<SqliteRunRegistry>(std::move(*db));
  TS_RETURN_IF_ERROR(registry->SetUp());
  return std::unique_ptr<RunRegistry>(std::move(registry));
}

Result<std::unique_ptr<RunRegistry>> RunRegistry::OpenToRead(
    const std::string& folder) {
  const Result<std::string> file = FileIn(folder);
  if (!file.ok()) return file.status();
  if (access(file->c_str(), F_OK) != 0) return std::unique_ptr<RunRegistry>();
  Result<SqliteDb> db = SqliteDb::Open(*file, *file, SqliteRole::kReader);
  if (!db.ok()) return db.status();
  auto registry = std::make_unique<SqliteRunRegistry>(std::move(*db));
  TS_RETURN_IF_ERROR(registry->CheckKind());
  return std::unique_ptr<RunRegistry>(std::move(registry));
}

}  // namespace tillstorm
