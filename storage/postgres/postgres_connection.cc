#include "storage/postgres/postgres_connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#include "harness/core/check.h"
#include "storage/postgres/postgres_errors.h"

namespace tillstorm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kConnectTime{10};  // unless connect_timeout says
constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::milliseconds kLook{50};  // how often `stop` is looked at

bool IsSet(const std::atomic<bool>* stop) {
  return stop != nullptr && stop->load();
}

// What the server or libpq said, in one line and without its final newline.
std::string OneLine(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
    text.remove_suffix(1);
  }
  std::string line;
  for (const char c : text) {
    if (c == '\n' || c == '\t') {
      if (!line.empty() && line.back() != ' ') line += ' ';
    } else {
      line += c;
    }
  }
  return line;
}

// A verbose message of a connection without `FATAL:  28P01: ` and the place in
// the server's source that follows it.
std::string ConnectMessage(std::string_view message) {
  const std::string_view state = SqlstateIn(message);
  if (!state.empty()) {
    message = message.substr(
        static_cast<size_t>(state.data() - message.data()) + state.size() + 2);
    message = message.substr(0, message.find('\n'));
  }
  return OneLine(message);
}

std::chrono::seconds ConnectTime(PGconn* connection) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfo(connection), &PQconninfoFree);
  for (const PQconninfoOption* option = options.get();
       option != nullptr && option->keyword != nullptr; ++option) {
    if (std::string_view(option->keyword) != "connect_timeout") continue;
    const int seconds = option->val == nullptr ? 0 : std::atoi(option->val);
    if (seconds > 0) return std::chrono::seconds(seconds);
  }
  return kConnectTime;
}

enum class Connected : uint8_t { kYes, kNo, kLate, kStopped };

// Drives PQconnectPoll(): unlike PQconnectdb() it can be stopped.
Connected Connect(PGconn* connection, const std::atomic<bool>* stop) {
  const Clock::time_point end = Clock::now() + ConnectTime(connection);
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) return Connected::kNo;
    if (IsSet(stop)) return Connected::kStopped;
    if (Clock::now() > end) return Connected::kLate;
    pollfd ready{
        PQsocket(connection),
        static_cast<short>(next == PGRES_POLLING_READING ? POLLIN : POLLOUT),
        0};
    const int count = poll(&ready, 1, static_cast<int>(kLook.count()));
    if (count > 0) next = PQconnectPoll(connection);
  }
  return Connected::kYes;
}

Status Stopped(const std::string& shown) {
  return {StatusCode::kInterrupted,
          fmt::format("{}: stopped while connecting", shown)};
}

Status ConnectError(PGconn* connection, const std::string& shown) {
  const std::string_view message = PQerrorMessage(connection);
  const std::string_view state = SqlstateIn(message);
  StatusCode code = JudgeConnect(state);
  const bool lacks_password = PQconnectionNeedsPassword(connection) == 1;
  if (lacks_password ||
      message.find("Permission denied") != std::string_view::npos) {
    code = StatusCode::kPermission;
  }
  // What may be better later is told by the remedy.
  const bool later = code == StatusCode::kUnavailable && MayConnectLater(state);
  const std::string_view cure =
      lacks_password
          ? "; give one in PGPASSWORD, in ~/.pgpass or in a service file"
          : CureOf(state);
  return {code,
          fmt::format("{}: cannot connect: {}{}", shown,
                      ConnectMessage(message), cure),
          later ? Remedy::kReopenSession : Remedy::kStop};
}

}  // namespace

int64_t PostgresRowSet::touched() const {
  const std::string_view text = PQcmdTuples(get());
  int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

void PostgresCanceller::Cancel() const {
  if (cancel_ == nullptr) return;
  std::array<char, 256> ignored{};
  PQcancel(cancel_.get(), ignored.data(), ignored.size());
}

std::string QuoteLiteral(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

// --- Connecting. ---

Result<PostgresConnection> PostgresConnection::Open(
    const PostgresConnectOptions& options, const std::atomic<bool>* stop) {
  const std::array<const char*, 4> keywords = {"dbname", "application_name",
                                               "client_encoding", nullptr};
  const std::array<const char*, 4> values = {options.conninfo.c_str(),
                                             options.application_name.c_str(),
                                             "UTF8", nullptr};
  PostgresConnection made(
      PQconnectStartParams(keywords.data(), values.data(), 1), options.shown);
  if (made.get() == nullptr) {
    return Status(StatusCode::kSystemLimit,
                  fmt::format("{}: no memory to connect", options.shown));
  }
  PQsetErrorVerbosity(made.get(), PQERRORS_VERBOSE);
  const Connected connected = PQstatus(made.get()) == CONNECTION_BAD
                                  ? Connected::kNo
                                  : Connect(made.get(), stop);
  switch (connected) {
    case Connected::kYes:
      break;
    case Connected::kNo:
      return ConnectError(made.get(), options.shown);
    case Connected::kLate:
      return Status(StatusCode::kUnavailable,
                    fmt::format("{}: cannot connect: the server does not "
                                "answer",
                                options.shown),
                    Remedy::kReopenSession);
    case Connected::kStopped:
      return Stopped(options.shown);
  }
  PQsetErrorVerbosity(made.get(), PQERRORS_TERSE);
  TS_RETURN_IF_ERROR(made.SetUp());
  return made;
}

Result<PostgresConnection> PostgresConnection::OpenPatiently(
    const PostgresConnectOptions& options, const std::atomic<bool>* stop) {
  const Clock::time_point end = Clock::now() + kPatience;
  std::chrono::milliseconds wait(100);
  for (;;) {
    Result<PostgresConnection> made = Open(options, stop);
    if (made.ok() || made.status().remedy() == Remedy::kStop ||
        Clock::now() + wait > end) {
      return made;
    }
    for (auto left = wait; left.count() > 0; left -= kLook) {
      if (IsSet(stop)) return Stopped(options.shown);
      std::this_thread::sleep_for(kLook);
    }
    wait = std::min(wait * 2, std::chrono::milliseconds(1000));
  }
}

// What every connection of ours takes for granted.
Status PostgresConnection::SetUp() {
  TS_RETURN_IF_ERROR(
      Run("SET TimeZone='UTC'; SET DateStyle='ISO'; SET bytea_output='hex'; "
          "SET client_min_messages='error'; SET standard_conforming_strings=on",
          "setting up the connection"));
  const Result<PostgresRowSet> server = Query(
      "SELECT current_setting('server_encoding'), "
      "current_setting('server_version_num')::int >= 120000, "
      "current_schema(), "
      "(SELECT backend_start FROM pg_stat_get_activity(pg_backend_pid()))",
      "setting up the connection");
  if (!server.ok()) return server.status();
  if (server->text(0, 0) != "UTF8") {
    return {StatusCode::kUnavailable,
            fmt::format("{}: the database has the encoding {}; it must be UTF8",
                        shown_, server->text(0, 0))};
  }
  if (server->text(0, 1) != "t") {
    return {StatusCode::kUnavailable,
            fmt::format("{}: the server has version {}; it must be 12 or later",
                        shown_, PQserverVersion(get()) / 10'000)};
  }
  if (server->is_null(0, 2)) {
    return {StatusCode::kUnavailable,
            fmt::format("{}: no schema of the search_path exists", shown_)};
  }
  backend_ = {PQbackendPID(get()), std::string(server->text(0, 3))};
  return Status::Ok();
}

// --- Statements. ---

Status PostgresConnection::Error(const PGresult* result,
                                 std::string_view doing) {
  const auto field = [result](int code) {
    const char* const text =
        result == nullptr ? nullptr : PQresultErrorField(result, code);
    return std::string_view(text == nullptr ? "" : text);
  };
  const std::string_view state = field(PG_DIAG_SQLSTATE);
  const std::string_view severity = field(PG_DIAG_SEVERITY_NONLOCALIZED);
  const bool is_lost = PQstatus(get()) == CONNECTION_BAD ||
                       severity == "FATAL" || severity == "PANIC";
  const PostgresVerdict verdict = JudgeStatement(state, is_lost);
  sqlstate_ = state;
  std::string said = OneLine(field(PG_DIAG_MESSAGE_PRIMARY));
  const std::string detail = OneLine(field(PG_DIAG_MESSAGE_DETAIL));
  if (said.empty()) said = OneLine(PQerrorMessage(get()));
  if (!detail.empty()) said += fmt::format(" ({})", detail);
  if (!state.empty()) {
    said += fmt::format(", SQLSTATE {}{}", state, CureOf(state));
  }
  return {verdict.code, fmt::format("{}: {}: {}", shown_, doing, said),
          verdict.remedy};
}

Result<PostgresRowSet> PostgresConnection::Take(PGresult* result,
                                                std::string_view doing) {
  PostgresRowSet rows(result);
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return rows;
  return Error(result, doing);
}

Status PostgresConnection::Run(const std::string& sql, std::string_view doing) {
  return Query(sql, doing).status();
}

Result<PostgresRowSet> PostgresConnection::Query(const std::string& sql,
                                                 std::string_view doing) {
  return Take(PQexec(get(), sql.c_str()), doing);
}

Result<PostgresRowSet> PostgresConnection::QueryBinary(const std::string& sql,
                                                       std::string_view doing) {
  return Take(PQexecParams(get(), sql.c_str(), 0, nullptr, nullptr, nullptr,
                           nullptr, 1),
              doing);
}

Result<std::string> PostgresConnection::Ask(const std::string& sql,
                                            std::string_view doing) {
  const Result<PostgresRowSet> rows = Query(sql, doing);
  if (!rows.ok()) return rows.status();
  return rows->rows() == 0 ? std::string() : std::string(rows->text(0, 0));
}

Status PostgresConnection::Prepare(const std::string& name,
                                   const std::string& sql) {
  return Take(PQprepare(get(), name.c_str(), sql.c_str(), 0, nullptr),
              "preparing a statement")
      .status();
}

Status PostgresConnection::RunPrepared(const std::string& name,
                                       const PostgresParameters& parameters,
                                       std::string_view doing) {
  return Take(
             PQexecPrepared(get(), name.c_str(),
                            static_cast<int>(parameters.values.size()),
                            parameters.values.data(), parameters.lengths.data(),
                            parameters.formats.data(), 0),
             doing)
      .status();
}

// --- COPY. ---

Status PostgresConnection::BeginCopy(const std::string& sql,
                                     std::string_view doing) {
  const PostgresRowSet begun(PQexec(get(), sql.c_str()));
  if (PQresultStatus(begun.get()) == PGRES_COPY_IN) return Status::Ok();
  return Error(begun.get(), doing);
}

Status PostgresConnection::PutCopy(std::string_view data,
                                   std::string_view doing) {
  if (PQputCopyData(get(), data.data(), static_cast<int>(data.size())) == 1) {
    return Status::Ok();
  }
  // The server's own reason is a better one than that it hung up.
  const Status ended = EndCopy(doing);
  return ended.ok() ? Error(nullptr, doing) : ended;
}

// Errors of the rows show only here.
Status PostgresConnection::EndCopy(std::string_view doing) {
  Status status;
  if (PQputCopyEnd(get(), nullptr) != 1) status = Error(nullptr, doing);
  while (PGresult* result = PQgetResult(get())) {
    const Result<PostgresRowSet> taken = Take(result, doing);
    if (!taken.ok()) status = taken.status();
    if (PQstatus(get()) == CONNECTION_BAD) break;
  }
  return status;
}

// --- Transactions. ---

Status PostgresConnection::Commit() {
  const Result<PostgresRowSet> committed = Query("COMMIT", "committing");
  if (!committed.ok()) return committed.status();
  // COMMIT of a transaction that failed before answers ROLLBACK, as a success.
  const std::string_view tag = PQcmdStatus(committed->get());
  if (tag == "COMMIT") return Status::Ok();
  return {StatusCode::kIntegrity,
          fmt::format("{}: COMMIT was answered with {}", shown_, tag)};
}

void PostgresConnection::Rollback() {
  if (PQtransactionStatus(get()) == PQTRANS_IDLE) return;
  const PostgresRowSet ignored(PQexec(get(), "ROLLBACK"));
}

}  // namespace tillstorm
