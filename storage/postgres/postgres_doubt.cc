// PostgresSession: what became of a commit that nobody answered, and whether
// the server still has what it acknowledged before.
#include <fmt/format.h>

#include "harness/core/check.h"
#include "storage/postgres/postgres_lock.h"
#include "storage/postgres/postgres_open.h"
#include "storage/postgres/postgres_writer.h"

namespace tillstorm {

// A fresh connection, whatever became of those before: each is remembered until
// it is known to be over, however many attempts that takes.
Status PostgresSession::Reconnect() {
  if (connection_ != nullptr) left_.push_back(connection_->backend());
  TakeConnection(nullptr);
  TS_RETURN_IF_ERROR(Connect(true));
  for (; !left_.empty(); left_.pop_back()) {
    TS_RETURN_IF_ERROR(EndSession(connection_.get(), left_.back()));
  }
  return Status::Ok();
}

// The same, to go on writing.
Status PostgresSession::Reopen() {
  TS_RETURN_IF_ERROR(Reconnect());
  TS_RETURN_IF_ERROR(JoinLock(connection_.get()));
  TS_RETURN_IF_ERROR(SetUpConnection());
  return rows_->FindNextIds();
}

Result<bool> PostgresSession::ResolveDoubt(int32_t lane, int32_t batch) {
  TS_CHECK(!is_one_transaction());
  const bool in_doubt = broken_.remedy() == Remedy::kResolveDoubt;
  if (!broken_.ok() && !in_doubt) return broken_;
  const Status reopened = Reopen();
  const Result<bool> found =
      reopened.ok() ? HasBatch({lane, batch}) : Result<bool>(reopened);
  if (!found.ok()) {
    broken_ = Status(
        StatusCode::kInDoubt,
        fmt::format("whether batch {} of lane {} was committed cannot be told: "
                    "{}",
                    batch, lane, Unnamed(found.status())),
        Remedy::kResolveDoubt);
    return broken_;
  }
  broken_ = CheckAcknowledged();
  if (broken_.ok() && *found && in_doubt) {
    broken_ = CheckSameBatch({lane, batch});
  }
  if (!broken_.ok()) return broken_;
  if (*found) lanes_->acknowledged.Set(lane, batch);
  return found;
}

// What it says, to follow a sentence that names the database already: of two
// names in one text the second could be taken for a password of the first.
std::string PostgresSession::Unnamed(const Status& status) const {
  const std::string name = connect_.shown + ": ";
  const std::string& message = status.message();
  return message.starts_with(name) ? message.substr(name.size()) : message;
}

Result<bool> PostgresSession::HasBatch(BatchName name) {
  const Result<std::string> count = connection_->Ask(
      fmt::format("SELECT count(*) FROM tillstorm_ledger WHERE lane={} AND "
                  "batch={}",
                  name.lane, name.batch),
      "reading the ledger");
  if (!count.ok()) return count.status();
  return *count == "1";
}

// A ledger row of that name may be somebody else's.
Status PostgresSession::CheckSameBatch(BatchName name) {
  const Result<std::string> delta = connection_->Ask(
      fmt::format("SELECT digest_delta FROM tillstorm_ledger WHERE lane={} AND "
                  "batch={}",
                  name.lane, name.batch),
      "reading the ledger");
  if (!delta.ok()) return delta.status();
  if (*delta == last_delta_) return Status::Ok();
  return {StatusCode::kIntegrity,
          fmt::format("{}: batch {} of lane {} is there already, with other "
                      "rows: somebody else wrote it",
                      connect_.shown, name.batch, name.lane)};
}

// Whether the server still has what it acknowledged last, of every lane.
Status PostgresSession::CheckAcknowledged() {
  for (const auto& [lane, batch] : lanes_->acknowledged.Read()) {
    const Result<bool> is_there = HasBatch({lane, batch});
    if (!is_there.ok()) return is_there.status();
    if (!*is_there) return Lost({lane, batch});
  }
  return Status::Ok();
}

Status PostgresSession::Lost(BatchName name) const {
  const std::string lost =
      fmt::format("{}: batch {} of lane {} was acknowledged and is gone",
                  connect_.shown, name.batch, name.lane);
  if (create_.durability == Durability::kPower) {
    return {StatusCode::kIntegrity,
            lost +
                ", which durability power rules out: the disk or the server "
                "did not keep what it confirmed"};
  }
  return {StatusCode::kUnavailable,
          lost +
              ": the server crashed, which durability process does not "
              "survive; the same command goes on from what is there"};
}

// After a commit that ended so: whether it came through shows in the manifest.
Status PostgresSession::FindCompleted(const Manifest& manifest,
                                      const Status& ended) {
  const auto is_completed = [&]() -> Result<bool> {
    TS_RETURN_IF_ERROR(Reconnect());
    const auto content = FindContent(connection_.get());
    if (!content.ok()) return content.status();
    if (*content != PostgresContent::kDataset) return false;
    const Result<Manifest> found = ReadManifest(connection_.get());
    if (!found.ok()) return found.status();
    return found->ToRows() == manifest.ToRows();
  };
  const Result<bool> completed = is_completed();
  if (completed.ok()) return *completed ? Status::Ok() : ended;
  return {StatusCode::kInDoubt,
          fmt::format("{}; whether the dataset was committed cannot be told: "
                      "{}",
                      ended.message(), Unnamed(completed.status()))};
}

}  // namespace tillstorm
