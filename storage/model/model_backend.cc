#include "storage/model/model_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "harness/core/check.h"
#include "harness/core/rows_dataset.h"

namespace tillstorm {
namespace {

Status Broken(std::string sentence) {
  return {StatusCode::kIntegrity, "the model: " + std::move(sentence)};
}

// Cuts an encoding into the bytes of its values, tags included.
std::vector<Bytes> Cut(const std::vector<ColumnType>& types, Bytes encoding) {
  std::vector<Bytes> pieces;
  const std::byte* at = encoding.data();
  for (const ColumnType type : types) {
    ValueView value;
    const std::byte* end = DecodeValue(type, at, &value);
    pieces.emplace_back(at, end);
    at = end;
  }
  TS_CHECK(at == encoding.data() + encoding.size());
  return pieces;
}

bool IsCarriedByUpdate(const TableInfo& table, size_t column) {
  return table.columns[column].can_change ||
         static_cast<int>(column) == table.id_column;
}

// The row with the values that the update carries put in.
ModelBackend::Row WithUpdate(const TableInfo& table, Bytes row, Bytes update) {
  std::vector<ColumnType> row_types;
  std::vector<ColumnType> update_types;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    row_types.push_back(table.columns[i].type);
    if (IsCarriedByUpdate(table, i)) {
      update_types.push_back(table.columns[i].type);
    }
  }
  const std::vector<Bytes> old_values = Cut(row_types, row);
  const std::vector<Bytes> new_values = Cut(update_types, update);
  ModelBackend::Row changed;
  size_t next = 0;
  for (size_t i = 0; i < old_values.size(); ++i) {
    const Bytes value =
        IsCarriedByUpdate(table, i) ? new_values[next++] : old_values[i];
    changed.insert(changed.end(), value.begin(), value.end());
  }
  return changed;
}

int64_t IdOf(const TableInfo& table, Bytes row) {
  return DecodeRow(table, row)[static_cast<size_t>(table.id_column)].integer;
}

template <class Row>
ModelBackend::Row Encode(const Row& row) {
  ModelBackend::Row encoding(EncodedRowSizeMax(row));
  const std::byte* end = EncodeRow(row, encoding.data());
  encoding.resize(static_cast<size_t>(end - encoding.data()));
  return encoding;
}

// A visitor's order: by `id`, or by what the primary key is otherwise.
std::vector<std::pair<int64_t, Bytes>> InKeyOrder(
    const TableInfo& table, const ModelBackend::Rows& rows) {
  std::vector<std::pair<int64_t, Bytes>> ordered(rows.begin(), rows.end());
  if (table.id_column >= 0) return ordered;
  const auto key_of = [&table](Bytes row) {
    const std::vector<ValueView> values = DecodeRow(table, row);
    std::vector<std::pair<int64_t, std::string_view>> key;
    for (const std::string_view column : table.primary_key) {
      const auto& value = values[static_cast<size_t>(table.Find(column))];
      key.emplace_back(value.integer, value.text);
    }
    return key;
  };
  std::sort(ordered.begin(), ordered.end(), [&](const auto& a, const auto& b) {
    return key_of(a.second) < key_of(b.second);
  });
  for (auto& row : ordered) row.first = 0;
  return ordered;
}

class ModelReader : public Reader {
 public:
  ModelReader(const ModelBackend& backend, Manifest manifest)
      : backend_(backend), manifest_(std::move(manifest)) {}

  Result<Manifest> ReadManifest() override { return manifest_; }
  Status ScanTable(
      TableId table,
      const std::function<bool(const StoredRow&)>& visit) override {
    for (const auto& [id, row] :
         InKeyOrder(Table(table), backend_.rows(table))) {
      if (stop_) return {StatusCode::kInterrupted, "the model: stopped"};
      if (!visit(StoredRow{row, id})) break;
    }
    return Status::Ok();
  }
  Status CheckStructure() override { return Status::Ok(); }
  void Interrupt() override { stop_ = true; }

 private:
  const ModelBackend& backend_;
  Manifest manifest_;
  std::atomic<bool> stop_{false};
};

}  // namespace

class ModelSession : public Session {
 public:
  ModelSession(ModelBackend* backend, Durability durability, int lanes)
      : backend_(*backend),
        is_bulk_(durability == Durability::kBulk),
        is_hidden_(is_bulk_ && lanes == 1),
        lanes_(lanes) {
    ++backend_.sessions_;
  }
  ~ModelSession() override {
    if (!begun_ || (is_hidden_ && !finished_)) Clear();
    --backend_.sessions_;
  }
  ModelSession(const ModelSession&) = delete;
  ModelSession& operator=(const ModelSession&) = delete;

  Status Begin(const Manifest& manifest, const Batch& fleet) {
    Clear();
    TS_RETURN_IF_ERROR(Apply(fleet));
    WriteManifest(manifest);
    begun_ = true;
    return Status::Ok();
  }

  // Goes on with what is there.
  void GoOn() {
    TS_CHECK(!is_bulk_);
    for (const TableInfo& table : AllTables()) {
      const ModelBackend::Rows& rows = RowsOf(table.id);
      if (rows.empty()) continue;
      backend_.next_ids_[Index(table.id)] = rows.rbegin()->first + 1;
    }
    begun_ = true;
  }

  Status Apply(const Batch& batch) override {
    TS_RETURN_IF_ERROR(CheckOpen());
    const MutexLock lock(backend_.mutex_);
    undo_.clear();
    const auto ids_before = backend_.next_ids_;
    Status status = ApplyEvents(batch);
    if (status.ok()) status = CheckParents();
    if (status.ok()) {
      status = WithLedgerRow(batch.ledger, [this](const LedgerRow& row) {
        return InsertLedger(row);
      });
    }
    if (status.ok()) return status;
    for (auto entry = undo_.rbegin(); entry != undo_.rend(); ++entry) {
      auto& rows = RowsOf(entry->table);
      if (entry->before) {
        rows[entry->id] = *entry->before;
      } else {
        rows.erase(entry->id);
      }
    }
    backend_.next_ids_ = ids_before;
    return status;
  }

  Result<bool> ResolveDoubt(int32_t lane, int32_t batch) override {
    TS_CHECK(!is_bulk_);
    if (finished_) return Broken("the dataset is finished already");
    const MutexLock lock(backend_.mutex_);
    return HasBatch(lane, batch);
  }

  Result<std::unique_ptr<Session>> OpenLane() override {
    TS_CHECK(lanes_ > 1);
    TS_RETURN_IF_ERROR(CheckOpen());
    auto lane = std::make_unique<ModelSession>(
        &backend_, is_bulk_ ? Durability::kBulk : Durability::kProcess, lanes_);
    lane->begun_ = true;
    return std::unique_ptr<Session>(std::move(lane));
  }

  Status SetManifest(const Manifest& manifest) override {
    TS_CHECK(!is_bulk_);
    TS_RETURN_IF_ERROR(CheckOpen());
    WriteManifest(manifest);
    return Status::Ok();
  }

  Status Finish(const Manifest& manifest,
                const FinishProgress& progress) override {
    TS_RETURN_IF_ERROR(CheckOpen());
    WriteManifest(manifest);
    if (progress.report) progress.report("sync", 1, 1);
    finished_ = true;
    backend_.finished_ = true;
    return Status::Ok();
  }

  void Interrupt() override { stop_ = true; }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Settings()
      const override {
    return {{"model", "in memory"}};
  }

 private:
  struct Undo {
    TableId table{};
    int64_t id = 0;
    std::optional<ModelBackend::Row> before;
  };

  [[nodiscard]] Status CheckOpen() const {
    if (stop_) return {StatusCode::kInterrupted, "the model: stopped"};
    if (finished_) return Broken("the dataset is finished already");
    return Status::Ok();
  }

  ModelBackend::Rows& RowsOf(TableId table) const {
    return backend_.tables_[Index(table)];
  }

  void Clear() {
    for (auto& rows : backend_.tables_) rows.clear();
    backend_.manifest_.reset();
    backend_.next_ids_.fill(1);
    backend_.finished_ = !is_hidden_;
  }

  void WriteManifest(const Manifest& manifest) {
    backend_.manifest_ = manifest;
    ModelBackend::Rows& rows = RowsOf(TableId::kManifest);
    rows.clear();
    int64_t number = 0;
    for (const auto& [key, value] : manifest.ToRows()) {
      rows[++number] = Encode(ManifestRow{key, value});
    }
  }

  Status ApplyEvents(const Batch& batch) {
    for (const TableInfo& table : AllTables()) {
      for (const EventOp op : {EventOp::kInsert, EventOp::kUpdate}) {
        for (const Event* event : batch.events) {
          if (event->table != table.id || event->op != op) continue;
          TS_RETURN_IF_ERROR(op == EventOp::kInsert ? Insert(table, *event)
                                                    : Update(table, *event));
        }
      }
    }
    return Status::Ok();
  }

  // Of what the batch changed, as it is now. At the end of the batch: the two
  // ends of the one cycle between tables come in one batch.
  [[nodiscard]] Status CheckParents() const {
    for (const Undo& change : undo_) {
      const TableInfo& table = Table(change.table);
      const std::vector<ValueView> values =
          DecodeRow(table, RowsOf(table.id).at(change.id));
      for (size_t i = 0; i < values.size(); ++i) {
        const ColumnInfo& column = table.columns[i];
        if (column.references.empty() || values[i].is_null()) continue;
        const TableInfo* const parent = FindTable(column.references);
        TS_CHECK(parent != nullptr);
        if (RowsOf(parent->id).contains(values[i].integer)) continue;
        return Broken(fmt::format(
            "row {} of {} refers to row {} of {}, which "
            "is not there",
            change.id, table.name, values[i].integer, parent->name));
      }
    }
    return Status::Ok();
  }

  Status Insert(const TableInfo& table, const Event& event) {
    const Bytes payload = event.payload();
    if (HashBytes(payload) != event.hash_after) {
      return Broken(
          fmt::format("a new row of {} has another hash than its "
                      "event says",
                      table.name));
    }
    const std::vector<ValueView> values = DecodeRow(table, payload);
    for (size_t i = 0; i < values.size(); ++i) {
      const ColumnInfo& column = table.columns[i];
      if (!values[i].is_null() || column.nullable || !table.Encodes(i)) {
        continue;
      }
      return Broken(fmt::format("{}.{} is NULL", table.name, column.name));
    }
    const int64_t id = table.id_source == IdSource::kPure
                           ? IdOf(table, payload)
                           : backend_.next_ids_[Index(table.id)]++;
    return Put(table, id, {payload.begin(), payload.end()});
  }

  Status Put(const TableInfo& table, int64_t id, ModelBackend::Row row) {
    if (!RowsOf(table.id).emplace(id, std::move(row)).second) {
      return Broken(fmt::format("{} has a row {} already", table.name, id));
    }
    undo_.push_back({table.id, id, std::nullopt});
    return Status::Ok();
  }

  Status Update(const TableInfo& table, const Event& event) {
    TS_CHECK(table.id_source == IdSource::kPure);
    ValueView value;
    DecodeValue(ColumnType::kInteger, event.payload().data(), &value);
    const int64_t id = value.integer;
    const auto found = RowsOf(table.id).find(id);
    if (found == RowsOf(table.id).end()) {
      return Broken(fmt::format("{} has no row {} to update", table.name, id));
    }
    ModelBackend::Row& row = found->second;
    if (HashBytes(row) != event.hash_before) {
      return Broken(fmt::format("an update of {} row {} expects another row",
                                table.name, id));
    }
    undo_.push_back({table.id, id, row});
    row = WithUpdate(table, row, event.payload());
    if (HashBytes(row) != event.hash_after) {
      return Broken(fmt::format("an update of {} row {} promises another row",
                                table.name, id));
    }
    return Status::Ok();
  }

  [[nodiscard]] bool HasBatch(int32_t lane, int32_t batch) {
    const TableInfo& table = Table(TableId::kLedger);
    for (const auto& [number, row] : RowsOf(table.id)) {
      const std::vector<ValueView> values = DecodeRow(table, row);
      if (values[0].integer == lane && values[1].integer == batch) return true;
    }
    return false;
  }

  Status InsertLedger(const LedgerRow& row) {
    const TableInfo& table = Table(TableId::kLedger);
    if (HasBatch(row.lane, row.batch)) {
      return Broken(fmt::format("the ledger has batch {} of lane {} already",
                                row.batch, row.lane));
    }
    return Put(table, backend_.next_ids_[Index(table.id)]++, Encode(row));
  }

  ModelBackend& backend_;
  const bool is_bulk_;
  const bool is_hidden_;  // until it is finished
  const int lanes_;
  std::vector<Undo> undo_;  // of the batch at hand
  bool begun_ = false;
  bool finished_ = false;
  std::atomic<bool> stop_{false};
};

Result<std::unique_ptr<Session>> ModelBackend::Create(
    const CreateOptions& options, const Manifest& manifest,
    const Batch& fleet) {
  const bool is_partial = manifest_ && manifest_->state == "loading";
  if (manifest_ && finished_ && is_partial && sessions_ == 0) manifest_.reset();
  if (manifest_ && !(options.replace && finished_)) {
    return Status(StatusCode::kCannotCreate,
                  "the model holds a dataset already; give --force to replace "
                  "it");
  }
  if (sessions_ > 0) {
    return Status(StatusCode::kUnavailable, "another session writes the model");
  }
  auto session =
      std::make_unique<ModelSession>(this, options.durability, options.lanes);
  TS_RETURN_IF_ERROR(session->Begin(manifest, fleet));
  return std::unique_ptr<Session>(std::move(session));
}

Result<std::unique_ptr<Session>> ModelBackend::Continue(
    const ContinueOptions& options) {
  if (!manifest_ || !finished_) {
    return Status(StatusCode::kBadInput, "the model holds no dataset");
  }
  if (sessions_ > 0) {
    return Status(StatusCode::kUnavailable, "another session writes the model");
  }
  if (manifest_->state != "complete") {
    return Status(StatusCode::kBadInput,
                  fmt::format("the model is not complete: the manifest's state "
                              "is '{}'",
                              manifest_->state));
  }
  auto session =
      std::make_unique<ModelSession>(this, options.durability, options.lanes);
  session->GoOn();
  return std::unique_ptr<Session>(std::move(session));
}

Result<std::unique_ptr<Reader>> ModelBackend::OpenReader() {
  if (!manifest_ || !finished_) {
    return Status(StatusCode::kBadInput, "the model holds no dataset");
  }
  return std::unique_ptr<Reader>(
      std::make_unique<ModelReader>(*this, *manifest_));
}

std::optional<std::vector<ValueView>> ModelBackend::Find(TableId table,
                                                         int64_t id) const {
  const auto found = rows(table).find(id);
  if (found == rows(table).end()) return std::nullopt;
  return DecodeRow(Table(table), found->second);
}

Digest ModelBackend::ComputeDigest() const {
  Digest digest;
  for (const TableInfo& table : AllTables()) {
    if (!table.in_digest) continue;
    for (const auto& [id, row] : rows(table.id)) {
      digest.AddInsert(table.id, HashBytes(row));
    }
  }
  return digest;
}

}  // namespace tillstorm
