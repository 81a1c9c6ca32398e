// What the tests of live sessions share: a dataset that is written while it is
// looked at with SQLite itself, and processes that are killed.
#ifndef TILLSTORM_TESTS_STORAGE_LIVE_FIXTURE_H_
#define TILLSTORM_TESTS_STORAGE_LIVE_FIXTURE_H_

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "storage/sqlite/sqlite_backend.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"

namespace tillstorm {

inline std::string ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A connection beside ours, as any program may have it.
class Stranger {
 public:
  explicit Stranger(const std::string& path) {
    REQUIRE(sqlite3_open(path.c_str(), &db_) == SQLITE_OK);
  }
  ~Stranger() { sqlite3_close(db_); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  // The first column of the first row, or what went wrong.
  std::string Ask(const std::string& sql) {
    std::string answer;
    const auto take = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) = values[0] == nullptr ? "" : values[0];
      return 1;
    };
    const int code = sqlite3_exec(db_, sql.c_str(), take, &answer, nullptr);
    const bool ok = code == SQLITE_OK || code == SQLITE_ABORT;
    return ok ? answer : sqlite3_errmsg(db_);
  }

 private:
  sqlite3* db_ = nullptr;
};

inline std::string Ask(const std::string& path, const std::string& sql) {
  return Stranger(path).Ask(sql);
}

inline std::unique_ptr<Session> CreateLive(
    const std::string& path, Durability durability = Durability::kProcess) {
  EventList fleet;
  AddFleet(&fleet);
  auto session = SqliteBackend(path, {}).Create(
      {durability, IndexMode::kNone}, MakeManifest(), fleet.MakeBatch(0));
  INFO(session.status().message());
  REQUIRE(session.ok());
  return std::move(*session);
}

inline Result<std::unique_ptr<Session>> TryContinue(
    const std::string& path, Durability durability = Durability::kProcess) {
  return SqliteBackend(path, {}).Continue({durability});
}

inline std::unique_ptr<Session> Continue(const std::string& path) {
  auto session = TryContinue(path);
  INFO(session.status().message());
  REQUIRE(session.ok());
  return std::move(*session);
}

inline void MakeFinished(const std::string& path) {
  REQUIRE(CreateLive(path)->Finish(MakeManifest(), {}).ok());
}

// Batch `number`: `rows` health checks, at instants of their own.
inline Status ApplyChecks(Session& session, int32_t number, int rows = 10) {
  EventList events;
  for (int i = 0; i < rows; ++i) {
    events.Insert(
        MakeHealthCheck(1, kMonday + Micros(int64_t{number} * 1'000'000 + i)));
  }
  return session.Apply(events.MakeBatch(number));
}

inline std::unique_ptr<Reader> OpenToRead(const std::string& path) {
  auto reader = SqliteBackend(path, {}).OpenReader();
  INFO(reader.status().message());
  REQUIRE(reader.ok());
  return std::move(*reader);
}

// The ledger, after a look whether the rows are what it says.
inline LedgerState CheckedLedger(Reader& reader) {
  const auto state = ReadLedger(reader);
  INFO(state.status().message());
  REQUIRE(state.ok());
  CHECK(state->total == ScanDigest(reader));
  return *state;
}

// Runs `work` in a process of its own, which ends with it.
template <class Work>
pid_t StartChild(Work&& work) {
  const pid_t child = fork();
  if (child != 0) return child;
  try {
    work();
  } catch (...) {  // of Catch2, which is not to go on in the child
    _exit(99);
  }
  _exit(0);
}

// Waits for its end: the exit code, or minus the signal that killed it.
inline int EndOf(pid_t child) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

template <class Work>
int InChild(Work&& work) {
  return EndOf(StartChild(work));
}

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_STORAGE_LIVE_FIXTURE_H_
