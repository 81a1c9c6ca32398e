// live_floor: what a bare loop needs for the rows of a collected dataset.
//
// Reads a SQLite dataset into memory, then writes the same rows into a file of
// its own in the same batches, as the ledger has them: one thread, prepared
// INSERTs, WAL, synchronous=NORMAL, all indexes, one commit per batch. No
// generation, no digest, no updates. Prints its processor time as JSON.
//
// usage: live_floor DATASET
#include <fmt/format.h>
#include <sqlite3.h>
#include <time.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/schema.h"
#include "storage/ddl.h"

namespace tillstorm {
namespace {

double ProcessSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

void Fail(const std::string& sentence) {
  std::fprintf(stderr, "live_floor: %s\n", sentence.c_str());
  std::exit(1);
}

// One value per column, kept by SQLite.
using Row =
    std::vector<std::unique_ptr<sqlite3_value, void (*)(sqlite3_value*)>>;

using BatchRows = std::array<int64_t, kTableCount>;

struct TableRows {
  std::vector<Row> rows;  // in the order of their rowids
  size_t next = 0;
  sqlite3_stmt* insert = nullptr;
};

class Floor {
 public:
  explicit Floor(const std::string& path) {
    if (sqlite3_open_v2(path.c_str(), &source_, SQLITE_OPEN_READONLY,
                        nullptr) != SQLITE_OK) {
      Fail(path + " cannot be opened");
    }
  }
  ~Floor() {
    for (TableRows& table : tables_) sqlite3_finalize(table.insert);
    sqlite3_close(target_);
    sqlite3_close(source_);
  }
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  void Load() {
    for (const TableInfo& table : AllTables()) {
      if (table.id == TableId::kManifest) continue;
      TableRows& to = tables_[Index(table.id)];
      sqlite3_stmt* read = Prepare(
          source_, fmt::format("SELECT * FROM {} ORDER BY rowid", table.name));
      while (sqlite3_step(read) == SQLITE_ROW) {
        Row row;
        for (int i = 0; i < sqlite3_column_count(read); ++i) {
          row.emplace_back(sqlite3_value_dup(sqlite3_column_value(read, i)),
                           &sqlite3_value_free);
        }
        to.rows.push_back(std::move(row));
      }
      sqlite3_finalize(read);
    }
  }

  void Open(const std::string& path) {
    if (sqlite3_open(path.c_str(), &target_) != SQLITE_OK) {
      Fail(path + " cannot be made");
    }
    Run("PRAGMA journal_mode=WAL");
    Run("PRAGMA synchronous=NORMAL");
    Run("PRAGMA cache_size=-65536");
    for (const std::string& sql : CreateTablesSql(Dialect::kSqlite)) Run(sql);
    for (const std::string& sql : CreateIndexesSql()) Run(sql);
    for (const TableInfo& table : AllTables()) {
      std::string marks;
      for (size_t i = 0; i < table.columns.size(); ++i) {
        marks += i == 0 ? "?" : ",?";
      }
      tables_[Index(table.id)].insert = Prepare(
          target_, fmt::format("INSERT INTO {} VALUES({})", table.name, marks));
    }
  }

  // Rows by table of each batch, as the ledger has them.
  std::vector<BatchRows> Batches() {
    std::vector<BatchRows> batches;
    sqlite3_stmt* read = Prepare(
        source_,
        "SELECT batch, key, json_extract(value, '$.rows') FROM "
        "tillstorm_ledger, json_each(digest_delta) ORDER BY lane, batch");
    int64_t last = -1;
    while (sqlite3_step(read) == SQLITE_ROW) {
      const int64_t batch = sqlite3_column_int64(read, 0);
      if (batch != last) batches.emplace_back();
      last = batch;
      const auto* name =
          reinterpret_cast<const char*>(sqlite3_column_text(read, 1));
      const TableInfo* table = FindTable(name);
      if (table == nullptr) Fail("the ledger names an unknown table");
      batches.back()[Index(table->id)] = sqlite3_column_int64(read, 2);
    }
    sqlite3_finalize(read);
    return batches;
  }

  // The rows of one batch and its ledger row, in one transaction.
  void Commit(const BatchRows& rows) {
    Run("BEGIN IMMEDIATE");
    for (size_t table = 0; table < kTableCount; ++table) {
      InsertRows(tables_[table], rows[table]);
    }
    InsertRows(tables_[Index(TableId::kLedger)], 1);
    Run("COMMIT");
  }

 private:
  sqlite3_stmt* Prepare(sqlite3* db, const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) !=
        SQLITE_OK) {
      Fail(fmt::format("{}: {}", sql, sqlite3_errmsg(db)));
    }
    return statement;
  }
  void Run(const std::string& sql) {
    if (sqlite3_exec(target_, sql.c_str(), nullptr, nullptr, nullptr) !=
        SQLITE_OK) {
      Fail(fmt::format("{}: {}", sql, sqlite3_errmsg(target_)));
    }
  }
  void InsertRows(TableRows& table, int64_t count) {
    for (int64_t n = 0; n < count && table.next < table.rows.size(); ++n) {
      const Row& row = table.rows[table.next++];
      for (size_t i = 0; i < row.size(); ++i) {
        sqlite3_bind_value(table.insert, static_cast<int>(i) + 1, row[i].get());
      }
      if (sqlite3_step(table.insert) != SQLITE_DONE) {
        Fail(sqlite3_errmsg(target_));
      }
      sqlite3_reset(table.insert);
    }
  }

  sqlite3* source_ = nullptr;
  sqlite3* target_ = nullptr;
  std::array<TableRows, kTableCount> tables_;
};

int Main(const std::string& dataset) {
  Floor floor(dataset);
  const std::vector<BatchRows> batches = floor.Batches();
  floor.Load();
  const std::string copy = dataset + ".floor";
  std::filesystem::remove(copy);
  floor.Open(copy);
  const double before = ProcessSeconds();
  for (const BatchRows& batch : batches) floor.Commit(batch);
  const double seconds = ProcessSeconds() - before;
  fmt::print("{{\"cpu_s\": {:.3f}, \"batches\": {}}}\n", seconds,
             batches.size());
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(copy + suffix);
  }
  return 0;
}

}  // namespace
}  // namespace tillstorm

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: live_floor DATASET\n");
    return 2;
  }
  return tillstorm::Main(argv[1]);
}
