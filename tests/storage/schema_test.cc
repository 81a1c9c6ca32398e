// What lands in a file, and what PostgreSQL is told, against a table of
// expectations read from upstream's own models (tests/golden): not against our
// description of the schema.
#include <sqlite3.h>

#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "storage/ddl.h"
#include "storage/location.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"

#ifndef TILLSTORM_SOURCE_DIR
#define TILLSTORM_SOURCE_DIR "."
#endif

namespace tillstorm {
namespace {

using nlohmann::json;

const json& Expected() {
  static const json* const kExpected = [] {
    std::ifstream file(TILLSTORM_SOURCE_DIR
                       "/tests/golden/homepot_schema.json");
    return new json(json::parse(file));
  }();
  return *kExpected;
}

// Rows of a query, every value as text.
std::vector<std::vector<std::string>> Query(const std::string& file,
                                            const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) ==
          SQLITE_OK);
  std::vector<std::vector<std::string>> rows;
  const auto add = [](void* out, int count, char** values, char**) {
    std::vector<std::string> row;
    for (int i = 0; i < count; ++i) {
      row.emplace_back(values[i] == nullptr ? "NULL" : values[i]);
    }
    static_cast<std::vector<std::vector<std::string>>*>(out)->push_back(row);
    return 0;
  };
  REQUIRE(sqlite3_exec(db, sql.c_str(), add, &rows, nullptr) == SQLITE_OK);
  sqlite3_close(db);
  return rows;
}

// A finished dataset without rows.
class EmptyDataset {
 public:
  explicit EmptyDataset(IndexMode indexes) {
    const auto location = ParseLocation(file());
    const auto backend = OpenBackend(*location);
    EventList nothing;
    auto session = (*backend)->Create({Durability::kBulk, indexes},
                                      MakeManifest(), nothing.MakeBatch(0));
    REQUIRE(session.ok());
    REQUIRE((*session)->Finish(MakeManifest(), {}).ok());
  }
  [[nodiscard]] std::string file() const { return directory_ / "empty.db"; }

 private:
  TestDirectory directory_;
};

bool IsOurs(const std::string& table) {
  return table.rfind("tillstorm_", 0) == 0;
}

TEST_CASE("A file has upstream's 25 tables and ours, nothing else",
          "[schema]") {
  const EmptyDataset dataset(IndexMode::kDeferred);
  std::set<std::string> expected;
  for (const json& table : Expected()) expected.insert(table["table"]);
  REQUIRE(expected.size() == 25);
  std::set<std::string> found;
  std::set<std::string> ours;
  for (const auto& row :
       Query(dataset.file(),
             "SELECT type, name FROM sqlite_schema WHERE type "
             "!= 'index'")) {
    CHECK(row[0] == "table");
    (IsOurs(row[1]) ? ours : found).insert(row[1]);
  }
  CHECK(found == expected);
  CHECK(ours == std::set<std::string>{"tillstorm_ledger", "tillstorm_manifest",
                                      "tillstorm_truth"});
}

TEST_CASE("Columns have upstream's names, types and order in a file",
          "[schema]") {
  const EmptyDataset dataset(IndexMode::kNone);
  for (const json& table : Expected()) {
    const std::string name = table["table"];
    INFO(name);
    const auto rows =
        Query(dataset.file(),
              "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM "
              "pragma_table_xinfo('" +
                  name + "') ORDER BY cid");
    REQUIRE(rows.size() == table["columns"].size());
    std::map<std::string, std::string> key;  // place in the key -> column
    for (size_t i = 0; i < rows.size(); ++i) {
      const json& column = table["columns"][i];
      INFO(rows[i][0]);
      CHECK(rows[i][0] == column["name"].get<std::string>());
      CHECK(rows[i][1] == column["sqlite"].get<std::string>());
      CHECK(rows[i][2] == (column["not_null"].get<bool>() ? "1" : "0"));
      CHECK(rows[i][3] == "NULL");
      CHECK(rows[i][5] == "0");
      if (rows[i][4] != "0") key[rows[i][4]] = rows[i][0];
    }
    std::vector<std::string> primary_key;
    for (const auto& [place, column] : key) primary_key.push_back(column);
    CHECK(primary_key == table["primary_key"].get<std::vector<std::string>>());
  }
}

TEST_CASE("Foreign keys in a file are upstream's", "[schema]") {
  const EmptyDataset dataset(IndexMode::kNone);
  for (const json& table : Expected()) {
    const std::string name = table["table"];
    INFO(name);
    std::set<std::string> expected;
    for (const json& key : table["foreign_keys"]) {
      expected.insert(key["column"].get<std::string>() + " -> " +
                      key["references"].get<std::string>());
    }
    std::set<std::string> found;
    const auto rows =
        Query(dataset.file(),
              "SELECT \"from\", \"table\", \"to\", on_update, on_delete FROM "
              "pragma_foreign_key_list('" +
                  name + "')");
    for (const auto& row : rows) {
      found.insert(row[0] + " -> " + row[1] + "." + row[2]);
      CHECK(row[3] == "NO ACTION");
      CHECK(row[4] == "NO ACTION");
    }
    CHECK(rows.size() == expected.size());
    CHECK(found == expected);
  }
}

// `name unique columns` of every index made by CREATE INDEX.
std::set<std::string> IndexesOf(const std::string& file,
                                const std::string& table) {
  std::set<std::string> found;
  for (const auto& index :
       Query(file, "SELECT name, \"unique\", partial FROM pragma_index_list('" +
                       table + "') WHERE origin = 'c'")) {
    CHECK(index[2] == "0");
    std::string text = index[0] + (index[1] == "1" ? " unique" : "");
    for (const auto& column :
         Query(file, "SELECT name, \"desc\", coll FROM pragma_index_xinfo('" +
                         index[0] + "') WHERE key = 1 ORDER BY seqno")) {
      text += " " + column[0];
      CHECK(column[1] == "0");
      CHECK(column[2] == "BINARY");
    }
    found.insert(text);
  }
  return found;
}

TEST_CASE("A file has upstream's 100 indexes, deferred or inline", "[schema]") {
  const auto mode = GENERATE(IndexMode::kDeferred, IndexMode::kInline);
  const EmptyDataset dataset(mode);
  size_t count = 0;
  for (const json& table : Expected()) {
    const std::string name = table["table"];
    INFO(name);
    std::set<std::string> expected;
    for (const json& index : table["indexes"]) {
      std::string text = index["name"];
      if (index["unique"].get<bool>()) text += " unique";
      for (const json& column : index["columns"]) {
        text += " " + column.get<std::string>();
      }
      expected.insert(text);
    }
    CHECK(IndexesOf(dataset.file(), name) == expected);
    count += expected.size();
  }
  CHECK(count == 100);
}

TEST_CASE("Without indexes there is none, and no index is left over",
          "[schema]") {
  const EmptyDataset none(IndexMode::kNone);
  const std::string count =
      "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql NOT "
      "NULL AND tbl_name NOT LIKE 'tillstorm%'";
  CHECK(Query(none.file(), count)[0][0] == "0");
  const EmptyDataset all(IndexMode::kDeferred);
  CHECK(Query(all.file(), count)[0][0] == "100");
}

TEST_CASE("A file says whose it is and which schema it has", "[schema]") {
  const EmptyDataset dataset(IndexMode::kNone);
  // 0x54494c4c, "TILL"
  CHECK(Query(dataset.file(), "PRAGMA application_id")[0][0] == "1414089804");
  CHECK(Query(dataset.file(), "PRAGMA user_version")[0][0] == "1");
  CHECK(Query(dataset.file(), "PRAGMA encoding")[0][0] == "UTF-8");
  CHECK(Query(dataset.file(), "PRAGMA page_size")[0][0] == "4096");
  CHECK(Query(dataset.file(), "PRAGMA integrity_check")[0][0] == "ok");
}

// --- What PostgreSQL is told, cut into lines. ---

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  return lines;
}

std::string PostgresTable(const std::string& name) {
  const std::string start = "CREATE TABLE " + name + " (";
  for (const std::string& statement : CreateTablesSql(Dialect::kPostgres)) {
    if (statement.rfind(start, 0) == 0) return statement;
  }
  return {};
}

TEST_CASE("PostgreSQL gets upstream's column types", "[schema]") {
  for (const json& table : Expected()) {
    const std::string name = table["table"];
    INFO(name);
    const std::vector<std::string> lines = Lines(PostgresTable(name));
    REQUIRE(lines.size() > table["columns"].size() + 1);
    const bool serial = table["primary_key"] == json{"id"};
    for (size_t i = 0; i < table["columns"].size(); ++i) {
      const json& column = table["columns"][i];
      const std::string column_name = column["name"];
      std::string type = column["postgres"];
      if (serial && column_name == "id") type = "SERIAL";
      CHECK(lines[i + 1] == "  " + column_name + " " + type +
                                (column["not_null"] ? " NOT NULL" : "") + ",");
    }
    std::string key;
    for (const json& column : table["primary_key"]) {
      key += (key.empty() ? "" : ", ") + column.get<std::string>();
    }
    CHECK_THAT(lines[table["columns"].size() + 1],
               HoldsText("PRIMARY KEY (" + key + ")"));
  }
}

TEST_CASE("PostgreSQL gets upstream's foreign keys, the cycle at the end",
          "[schema]") {
  const std::vector<std::string> statements =
      CreateTablesSql(Dialect::kPostgres);
  const std::string late =
      "ALTER TABLE devices ADD FOREIGN KEY(lifecycle_epoch_id) REFERENCES "
      "lifecycle_epochs (id)";
  CHECK(statements.back() == late);
  std::set<std::string> made;
  size_t expected_count = 0;
  for (const json& table : Expected()) {
    const std::string name = table["table"];
    INFO(name);
    const std::string sql = PostgresTable(name);
    for (const json& key : table["foreign_keys"]) {
      ++expected_count;
      const std::string column = key["column"];
      const std::string target = key["references"];
      const std::string text = "FOREIGN KEY(" + column + ") REFERENCES " +
                               target.substr(0, target.find('.')) + " (id)";
      if (name == "devices" && column == "lifecycle_epoch_id") continue;
      CHECK_THAT(sql, HoldsText(text));
    }
  }
  size_t found_count = 0;
  for (const std::string& statement : statements) {
    for (size_t at = statement.find("FOREIGN KEY"); at != std::string::npos;
         at = statement.find("FOREIGN KEY", at + 1)) {
      ++found_count;
    }
  }
  CHECK(found_count == expected_count);
}

TEST_CASE("PostgreSQL gets the sequence of health_checks and no default",
          "[schema]") {
  const std::string script = SchemaScript(Dialect::kPostgres);
  CHECK_THAT(script, HoldsText("CREATE SEQUENCE health_checks_id_seq;\n"));
  CHECK_THAT(PostgresTable("health_checks"),
             HoldsText("  id INTEGER NOT NULL,\n"));
  CHECK(script.find("DEFAULT") == std::string::npos);
}

TEST_CASE("Both dialects make the same indexes", "[schema]") {
  std::set<std::string> expected;
  for (const json& table : Expected()) {
    for (const json& index : table["indexes"]) {
      std::string columns;
      for (const json& column : index["columns"]) {
        columns += (columns.empty() ? "" : ", ") + column.get<std::string>();
      }
      expected.insert(std::string("CREATE ") +
                      (index["unique"].get<bool>() ? "UNIQUE " : "") +
                      "INDEX " + index["name"].get<std::string>() + " ON " +
                      table["table"].get<std::string>() + " (" + columns + ")");
    }
  }
  std::set<std::string> found;
  for (const std::string& statement : CreateIndexesSql()) {
    if (statement.find(" ON tillstorm_") == std::string::npos) {
      found.insert(statement);
    }
  }
  CHECK(found == expected);
}

}  // namespace
}  // namespace tillstorm
