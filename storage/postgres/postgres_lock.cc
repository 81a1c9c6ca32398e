#include "storage/postgres/postgres_lock.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

namespace tillstorm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kPrefix = "tillstorm writer ";
constexpr std::string_view kDoing = "locking the dataset";
constexpr std::chrono::milliseconds kPoll{100};
// A session that just ended may still be going in the server.
constexpr std::chrono::milliseconds kLeaving{1000};
constexpr std::chrono::seconds kEnding{30};

// `till`, then the schema: the key of the lock.
constexpr int kLockClass = 0x74696c6c;
std::string Key() {
  return fmt::format("{}, hashtext(current_schema()::text)", kLockClass);
}

// When a process started, in ticks since boot; empty when there is none.
std::string StartOf(std::string_view pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(file, text);
  // The name in parentheses may hold anything.
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  constexpr int kStartAfterName = 20;  // field 22 of proc(5)
  for (int i = 0; i < kStartAfterName; ++i) fields >> field;
  return field;
}

// Tells this boot of this machine from all others.
std::string BootId() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id.substr(0, 8);
}

// Sessions that hold the lock.
std::string HoldersSql(std::string_view what, std::string_view where) {
  return fmt::format(
      "SELECT {} FROM pg_locks l JOIN pg_stat_activity a ON a.pid=l.pid "
      "WHERE l.locktype='advisory' AND l.granted AND l.objsubid=2 AND "
      "l.classid={} AND "
      "l.objid=(hashtext(current_schema()::text)::bigint & 4294967295)::oid "
      "AND l.database=(SELECT oid FROM pg_database WHERE "
      "datname=current_database()) AND a.pid<>pg_backend_pid() {}",
      what, kLockClass, where);
}

Result<bool> TryLock(PostgresConnection* connection, std::string_view kind) {
  const Result<std::string> got = connection->Ask(
      fmt::format("SELECT pg_try_advisory_lock{}({})", kind, Key()), kDoing);
  if (!got.ok()) return got.status();
  return *got == "t";
}

// Until `end`, or for ever false: true once the lock is taken.
Result<bool> WaitForLock(PostgresConnection* connection,
                         const std::atomic<bool>* stop, Clock::time_point end) {
  for (;;) {
    const Result<bool> got = TryLock(connection, "");
    if (!got.ok() || *got || Clock::now() >= end) return got;
    if (stop != nullptr && *stop) {
      return Status(StatusCode::kInterrupted,
                    fmt::format("{}: stopped while waiting for the dataset",
                                connection->shown()));
    }
    std::this_thread::sleep_for(kPoll);
  }
}

Status RefuseIfLive(PostgresConnection* connection) {
  const Result<PostgresRowSet> holders =
      connection->Query(HoldersSql("a.application_name, a.pid", ""), kDoing);
  if (!holders.ok()) return holders.status();
  for (int row = 0; row < holders->rows(); ++row) {
    if (!IsLiveWriter(holders->text(row, 0))) continue;
    return {StatusCode::kUnavailable,
            fmt::format("{} is being written by another tillstorm (process {} "
                        "of the server); wait for it or stop it",
                        connection->shown(), holders->text(row, 1))};
  }
  return Status::Ok();
}

// Sessions of our own role and name that have waited for their client for as
// long as we did for the lock: whether there were any.
Result<bool> EndQuietHolders(PostgresConnection* connection,
                             std::chrono::milliseconds patience) {
  const Result<PostgresRowSet> ended = connection->Query(
      HoldersSql(
          "pg_terminate_backend(a.pid)",
          fmt::format("AND a.usename=current_user AND "
                      "starts_with(a.application_name, {}) AND "
                      "(a.state<>'active' OR a.wait_event_type='Client') AND "
                      "a.state_change <= now() - interval '{} milliseconds'",
                      QuoteLiteral(kPrefix), patience.count())),
      kDoing);
  if (!ended.ok()) return ended.status();
  return ended->rows() > 0;
}

}  // namespace

std::string WriterName() {
  const std::string pid = std::to_string(getpid());
  return fmt::format("{}{}.{}.{}", kPrefix, BootId(), pid, StartOf(pid));
}

bool IsLiveWriter(std::string_view application_name) {
  if (!application_name.starts_with(kPrefix)) return false;
  application_name.remove_prefix(kPrefix.size());
  const size_t first = application_name.find('.');
  const size_t second = application_name.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) {
    return false;
  }
  const std::string_view pid =
      application_name.substr(first + 1, second - first - 1);
  const bool is_number = !pid.empty() && pid.find_first_not_of("0123456789") ==
                                             std::string_view::npos;
  return is_number && application_name.substr(0, first) == BootId() &&
         application_name.substr(second + 1) == StartOf(pid);
}

Status LockForStart(PostgresConnection* connection,
                    const std::atomic<bool>* stop,
                    std::chrono::milliseconds patience) {
  const Clock::time_point begin = Clock::now();
  Result<bool> got =
      WaitForLock(connection, stop, begin + std::min(kLeaving, patience));
  if (!got.ok()) return got.status();
  if (*got) return Status::Ok();
  TS_RETURN_IF_ERROR(RefuseIfLive(connection));
  got = WaitForLock(connection, stop, begin + patience);
  if (!got.ok()) return got.status();
  if (*got) return Status::Ok();
  const Result<bool> ends = EndQuietHolders(connection, patience);
  if (!ends.ok()) return ends.status();
  if (*ends) got = WaitForLock(connection, stop, Clock::now() + kEnding);
  if (!got.ok()) return got.status();
  if (*got) return Status::Ok();
  return {StatusCode::kInDoubt,
          fmt::format("{}: a session of an earlier run, or of another machine, "
                      "still writes the dataset after {} s; what it will "
                      "commit cannot be told",
                      connection->shown(), patience.count() / 1000)};
}

Status ShareLock(PostgresConnection* connection) {
  return connection->Run(
      fmt::format("SELECT pg_advisory_lock_shared({}), pg_advisory_unlock({})",
                  Key(), Key()),
      kDoing);
}

Status JoinLock(PostgresConnection* connection) {
  const Result<bool> got = TryLock(connection, "_shared");
  if (!got.ok()) return got.status();
  if (*got) {
    // Its lock may be shared already.
    const Result<std::string> others =
        connection->Ask(HoldersSql("count(*)", "AND a.application_name<>" +
                                                   QuoteLiteral(WriterName())),
                        kDoing);
    if (!others.ok()) return others.status();
    if (*others == "0") return Status::Ok();
  }
  return {StatusCode::kUnavailable,
          fmt::format("{}: another tillstorm has taken the dataset over",
                      connection->shown())};
}

Result<std::string> FindWriter(PostgresConnection* connection) {
  return connection->Ask(HoldersSql("min(a.pid)", ""), "looking for writers");
}

void LeaveLock(PostgresConnection* connection) {
  // Of a lost connection the server lets go by itself.
  static_cast<void>(
      connection->Run("SELECT pg_advisory_unlock_all()", "leaving"));
}

Status EndSession(PostgresConnection* connection,
                  const PostgresProcess& backend) {
  const std::string find =
      fmt::format("FROM pg_stat_activity WHERE pid={} AND backend_start={}",
                  backend.id, QuoteLiteral(backend.start));
  const Clock::time_point end = Clock::now() + kLockPatience;
  for (;;) {
    const Result<std::string> is_there = connection->Ask(
        "SELECT pg_terminate_backend(pid) " + find, "ending the old session");
    if (!is_there.ok()) return is_there.status();
    if (is_there->empty()) return Status::Ok();
    if (Clock::now() > end) break;
    std::this_thread::sleep_for(kPoll);
  }
  return {
      StatusCode::kUnavailable,
      fmt::format("{}: the session that lost its connection cannot be ended "
                  "(process {} of the server)",
                  connection->shown(), backend.id)};
}

}  // namespace tillstorm
