#include "harness/ledger_watch.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "harness/wall_clock.h"

namespace tillstorm {

LedgerWatch::LedgerWatch(Backend& backend, std::string location)
    : backend_(backend), location_(std::move(location)) {}

Status LedgerWatch::Look() {
  const Result<std::unique_ptr<QuerySession>> session = backend_.OpenQueries();
  if (!session.ok()) return session.status();
  {
    const MutexLock lock(mutex_);
    if (interrupted_) {
      return {StatusCode::kInterrupted, "stopped while reading the ledger"};
    }
    session_ = session->get();
  }
  // A look counts as a whole or not at all.
  const std::map<int64_t, int64_t> before = last_batches_;
  Found found;
  Status status = Read(**session, &found);
  {
    const MutexLock lock(mutex_);
    session_ = nullptr;
  }
  if (status.ok()) {
    Publish(found);
  } else {
    last_batches_ = before;
  }
  return status;
}

Status LedgerWatch::Read(QuerySession& session, Found* found) {
  const Result<bool> has_ledger =
      session.HasTable(Table(TableId::kLedger).name);
  if (!has_ledger.ok()) return has_ledger.status();
  if (!*has_ledger) {
    return {StatusCode::kBadInput,
            fmt::format("{} has no ledger, so it is no dataset of tillstorm",
                        location_)};
  }
  const std::map<int64_t, int64_t> known = last_batches_;
  for (const auto& [lane, batch] : known) {
    TS_RETURN_IF_ERROR(ReadRows(
        session, fmt::format("lane = {} AND batch > {}", lane, batch), found));
  }
  const int64_t last_lane = known.empty() ? -1 : known.rbegin()->first;
  return ReadRows(session, fmt::format("lane > {}", last_lane), found);
}

Status LedgerWatch::ReadRows(QuerySession& session,
                             const std::string& condition, Found* found) {
  Status status;
  TS_RETURN_IF_ERROR(session.Query(
      fmt::format("SELECT lane, batch, rows, digest_delta FROM {} WHERE {} "
                  "ORDER BY lane, batch",
                  Table(TableId::kLedger).name, condition),
      [&](QueryRow row) {
        status = AddDelta(row[3].text, found);
        last_batches_[row[0].integer] = row[1].integer;
        found->batch_rows = row[2].integer;
        ++found->batches;
        return status.ok();
      }));
  return status;
}

Status LedgerWatch::AddDelta(std::string_view json, Found* found) const {
  const auto delta = nlohmann::json::parse(json, nullptr, false);
  Status damaged(StatusCode::kBadInput,
                 fmt::format("{}: a row of {} has no valid digest_delta",
                             location_, Table(TableId::kLedger).name));
  if (!delta.is_object()) return damaged;
  for (const auto& [name, entry] : delta.items()) {
    const TableInfo* const table = FindTable(name);
    if (table == nullptr || !entry.is_object()) return damaged;
    const auto rows = entry.find("rows");
    if (rows == entry.end() || !rows->is_number_integer()) return damaged;
    found->rows[Index(table->id)] += rows->get<int64_t>();
  }
  return Status::Ok();
}

void LedgerWatch::Publish(const Found& found) {
  const MutexLock lock(mutex_);
  const auto now = CollectSnapshot::Clock::now();
  const bool first = !snapshot_;
  if (first) {
    first_look_ = now;
    snapshot_.emplace();
    snapshot_->phase = CollectPhase::kWatching;
    snapshot_->location = location_;
    snapshot_->batches = 0;
  }
  snapshot_->taken = now;
  snapshot_->elapsed = now - first_look_;
  for (size_t i = 0; i < kTableCount; ++i) {
    snapshot_->rows_total[i] += found.rows[i];
    if (!first) snapshot_->rows_new[i] += found.rows[i];
  }
  if (found.batches == 0) return;
  snapshot_->batch_rows = found.batch_rows;
  if (first) return;
  *snapshot_->batches += found.batches;
  snapshot_->last_commit = WallClockNow();
}

std::optional<CollectSnapshot> LedgerWatch::snapshot() const {
  const MutexLock lock(mutex_);
  return snapshot_;
}

void LedgerWatch::Interrupt() {
  const MutexLock lock(mutex_);
  interrupted_ = true;
  if (session_ != nullptr) session_->Interrupt();
}

}  // namespace tillstorm
