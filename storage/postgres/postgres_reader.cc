#include "storage/postgres/postgres_reader.h"

#include <fmt/format.h>

#include <atomic>
#include <utility>
#include <vector>

#include "storage/postgres/postgres_copy.h"
#include "storage/postgres/postgres_open.h"

namespace tillstorm {
namespace {

class PostgresReader : public Reader {
 public:
  explicit PostgresReader(PostgresConnection connection)
      : connection_(std::move(connection)),
        canceller_(connection_.canceller()) {}

  Result<Manifest> ReadManifest() override {
    TS_RETURN_IF_ERROR(CheckStop());
    return tillstorm::ReadManifest(&connection_);
  }
  Status ScanTable(TableId id,
                   const std::function<bool(const StoredRow&)>& visit) override;
  // The server keeps its structure to itself.
  Status CheckStructure() override { return CheckStop(); }
  void Interrupt() override {
    stop_ = true;
    canceller_.Cancel();
  }

 private:
  [[nodiscard]] Status CheckStop() const {
    if (!stop_) return Status::Ok();
    return {StatusCode::kInterrupted,
            fmt::format("{}: stopped while reading", connection_.shown())};
  }
  // False: the visitor has seen enough.
  bool VisitRows(const TableInfo& table, const PostgresRowSet& rows,
                 const std::function<bool(const StoredRow&)>& visit);

  PostgresConnection connection_;
  const PostgresCanceller canceller_;
  std::atomic<bool> stop_{false};
  std::vector<std::byte> encoding_;
};

bool PostgresReader::VisitRows(
    const TableInfo& table, const PostgresRowSet& rows,
    const std::function<bool(const StoredRow&)>& visit) {
  for (int row = 0; row < rows.rows(); ++row) {
    encoding_.clear();
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (!table.Encodes(i)) continue;
      const int column = static_cast<int>(i);
      if (rows.is_null(row, column)) {
        AppendDecodedNull(&encoding_);
      } else {
        AppendDecoded(table.columns[i].type, rows.text(row, column),
                      &encoding_);
      }
    }
    StoredRow stored{encoding_, 0};
    if (table.id_column >= 0) {
      stored.id = DecodeInt4(rows.text(row, table.id_column));
    }
    if (!visit(stored)) return false;
  }
  return true;
}

Status PostgresReader::ScanTable(
    TableId id, const std::function<bool(const StoredRow&)>& visit) {
  // A ledger row of many owners has megabytes.
  constexpr int kRowsAtOnce = 5000;
  constexpr int kLedgerRowsAtOnce = 50;
  TS_RETURN_IF_ERROR(CheckStop());
  const TableInfo& table = Table(id);
  const std::string doing = fmt::format("reading {}", table.name);
  TS_RETURN_IF_ERROR(connection_.Run(
      fmt::format("DECLARE scan BINARY NO SCROLL CURSOR FOR SELECT {} FROM {} "
                  "ORDER BY {}",
                  CopyRow::OfInserts(table).columns(), table.name,
                  fmt::join(table.primary_key, ",")),
      doing));
  const std::string fetch =
      fmt::format("FETCH {} FROM scan",
                  id == TableId::kLedger ? kLedgerRowsAtOnce : kRowsAtOnce);
  for (;;) {
    TS_RETURN_IF_ERROR(CheckStop());
    const Result<PostgresRowSet> rows = connection_.Query(fetch, doing);
    if (!rows.ok()) {
      TS_RETURN_IF_ERROR(CheckStop());
      return rows.status();
    }
    if (rows->rows() == 0 || !VisitRows(table, *rows, visit)) break;
  }
  return connection_.Run("CLOSE scan", doing);
}

}  // namespace

Result<std::unique_ptr<Reader>> OpenPostgresReader(
    const PostgresConnectOptions& options) {
  Result<PostgresConnection> connection =
      PostgresConnection::Open(options, nullptr);
  if (!connection.ok()) return connection.status();
  TS_RETURN_IF_ERROR(connection->Run(
      "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", "beginning to read"));
  TS_RETURN_IF_ERROR(CheckTables(&*connection));
  TS_RETURN_IF_ERROR(RefuseLoading(&*connection));
  return std::unique_ptr<Reader>(
      std::make_unique<PostgresReader>(std::move(*connection)));
}

}  // namespace tillstorm
