// Reading a dataset that is being written, and what a writer leaves that is
// killed.
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <vector>

#include "tests/storage/fault_points.h"
#include "tests/storage/live_fixture.h"

namespace tillstorm {
namespace {

using Names = std::vector<std::string>;

// A number that a child and its parent share.
class SharedNumber {
 public:
  SharedNumber()
      : number_(static_cast<std::atomic<int32_t>*>(
            mmap(nullptr, sizeof(std::atomic<int32_t>), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    REQUIRE(number_ != MAP_FAILED);
  }
  ~SharedNumber() { munmap(number_, sizeof(std::atomic<int32_t>)); }
  SharedNumber(const SharedNumber&) = delete;
  SharedNumber& operator=(const SharedNumber&) = delete;

  std::atomic<int32_t>& operator*() { return *number_; }

 private:
  std::atomic<int32_t>* number_;
};

// A child that says when it has come far enough.
class Signal {
 public:
  Signal() { REQUIRE(pipe(ends_) == 0); }
  ~Signal() {
    close(ends_[0]);
    close(ends_[1]);
  }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void Send() const {
    if (write(ends_[1], "x", 1) != 1) _exit(98);
  }
  void Wait() const {
    char byte = 0;
    REQUIRE(read(ends_[0], &byte, 1) == 1);
  }

 private:
  int ends_[2] = {-1, -1};
};

TEST_CASE("A reader sees the moment of its opening while the writer goes on",
          "[sqlite_crash]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  auto session = CreateLive(path);
  REQUIRE(ApplyChecks(*session, 1).ok());
  const auto reader = OpenToRead(path);
  auto queries = SqliteBackend(path, {}).OpenQueries();
  REQUIRE(queries.ok());
  // Far more than SQLite lets a log grow without trying to settle it.
  for (int32_t batch = 2; batch < 20; ++batch) {
    REQUIRE(ApplyChecks(*session, batch, 2000).ok());
  }
  CHECK(Scan(*reader, TableId::kHealthChecks).size() == 10);
  CHECK(CheckedLedger(*reader).NextBatch(0) == 2);
  int64_t count = 0;
  REQUIRE((*queries)
              ->Query("SELECT count(*) FROM health_checks",
                      [&count](QueryRow row) {
                        count = row[0].integer;
                        return true;
                      })
              .ok());
  CHECK(count == 10);
  CHECK(CheckedLedger(*OpenToRead(path)).NextBatch(0) == 20);
}

TEST_CASE("Reading what a killed writer left changes nothing of it",
          "[sqlite_crash]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  REQUIRE(InChild([&path] {
            auto session = CreateLive(path);
            for (int32_t batch = 1; batch <= 3; ++batch) {
              if (!ApplyChecks(*session, batch).ok()) _exit(1);
            }
            kill(getpid(), SIGKILL);
          }) == -SIGKILL);
  REQUIRE(directory.List() == Names{"a.db", "a.db-shm", "a.db-wal"});
  // With the index of the log or without: it is made anew.
  if (GENERATE(false, true)) std::filesystem::remove(path + "-shm");
  const std::string file = ReadBytes(path);
  const std::string log = ReadBytes(path + "-wal");
  {
    const auto reader = OpenToRead(path);
    const LedgerState state = CheckedLedger(*reader);
    CHECK(state.NextBatch(0) == 4);
    CHECK(state.total.table(TableId::kHealthChecks).rows == 30);
    CHECK(reader->CheckStructure().ok());
    CHECK(SqliteBackend(path, {}).OpenQueries().ok());
  }
  CHECK(ReadBytes(path) == file);
  CHECK(ReadBytes(path + "-wal") == log);
  // And it can be gone on with.
  auto session = Continue(path);
  REQUIRE(ApplyChecks(*session, 4).ok());
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  CHECK(directory.List() == Names{"a.db"});
  CHECK(Ask(path, "SELECT count(*) || ' ' || max(id) FROM health_checks") ==
        "40 40");
}

TEST_CASE("Every look at a dataset that another process writes is consistent",
          "[sqlite_crash]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  MakeFinished(path);
  SharedNumber acknowledged;
  const Signal started;
  const pid_t child = StartChild([&] {
    auto session = Continue(path);
    for (int32_t batch = 1; ApplyChecks(*session, batch, 100).ok(); ++batch) {
      *acknowledged = batch;
      if (batch == 1) started.Send();
    }
  });
  started.Wait();
  int32_t last = 0;
  for (int look = 0; look < 30; ++look) {
    const int32_t before = *acknowledged;
    const LedgerState state = CheckedLedger(*OpenToRead(path));
    CHECK(state.NextBatch(0) > before);
    CHECK(state.NextBatch(0) >= last);
    last = state.NextBatch(0);
  }
  CHECK(TryContinue(path).status().code() == StatusCode::kUnavailable);
  REQUIRE(kill(child, SIGKILL) == 0);
  REQUIRE(EndOf(child) == -SIGKILL);
  const LedgerState state = CheckedLedger(*OpenToRead(path));
  CHECK(state.NextBatch(0) > *acknowledged);
  auto session = Continue(path);
  REQUIRE(ApplyChecks(*session, state.NextBatch(0)).ok());
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  CHECK(Ask(path, "SELECT count(*) - max(id) FROM health_checks") == "0");
  CHECK(Ask(path, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("A log that cannot be read for want of a place is explained",
          "[sqlite_crash]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  const Signal written;
  const pid_t writer = StartChild([&] {
    auto session = CreateLive(path);
    if (!ApplyChecks(*session, 1).ok()) _exit(1);
    written.Send();
    pause();
  });
  written.Wait();
  const auto read = [&] {
    REQUIRE(chmod(directory.path().c_str(), 0555) == 0);
    const bool is_root = geteuid() == 0;
    if (is_root) REQUIRE(seteuid(65'534) == 0);
    auto reader = SqliteBackend(path, {}).OpenReader();
    if (is_root) REQUIRE(seteuid(0) == 0);
    REQUIRE(chmod(directory.path().c_str(), 0755) == 0);
    return reader;
  };
  // While the writer is there no further place is needed.
  auto reader = read();
  INFO(reader.status().message());
  REQUIRE(reader.ok());
  CHECK(Scan(**reader, TableId::kHealthChecks).size() == 10);
  reader->reset();
  REQUIRE(kill(writer, SIGKILL) == 0);
  REQUIRE(EndOf(writer) == -SIGKILL);
  std::filesystem::remove(path + "-shm");
  if (GENERATE(false, true)) std::filesystem::remove(path + "-wal");
  const Status status = read().status();
  CHECK(status.code() == StatusCode::kPermission);
  CHECK_THAT(status.message(), HoldsText(path + "-shm"));
  CHECK_THAT(status.message(), HoldsText("make its directory writable"));
}

// The life of a dataset: made, written, finished, gone on with, finished.
// `*acknowledged` is 1 + the last batch that was.
void Live(const std::string& path, Durability durability,
          std::atomic<int32_t>* acknowledged) {
  const auto apply = [acknowledged](Session& session, int32_t batch) {
    if (!ApplyChecks(session, batch, 40).ok()) _exit(3);
    *acknowledged = batch + 1;
  };
  EventList fleet;
  AddFleet(&fleet);
  auto session = SqliteBackend(path, {}).Create(
      {durability, IndexMode::kNone}, MakeManifest(), fleet.MakeBatch(0));
  if (!session.ok()) _exit(2);
  *acknowledged = 1;
  apply(**session, 1);
  apply(**session, 2);
  if (!(*session)->Finish(MakeManifest(), {}).ok()) _exit(4);
  session->reset();
  session = SqliteBackend(path, {}).Continue({durability});
  if (!session.ok()) _exit(5);
  apply(**session, 3);
  if (!(*session)->Finish(MakeManifest(), {}).ok()) _exit(6);
}

// Looks at what a process left that was killed, then goes on with it.
void CheckLeftovers(const TestDirectory& directory, int32_t acknowledged) {
  const std::string path = directory / "a.db";
  const auto exists = SqliteBackend(path, {}).Exists();
  REQUIRE(exists.ok());
  if (*exists) {
    const auto reader = SqliteBackend(path, {}).OpenReader();
    if (reader.ok()) {
      CHECK(CheckedLedger(**reader).NextBatch(0) >= acknowledged);
    } else {
      CHECK_THAT(reader.status().message(), HoldsText("middle of a change"));
    }
  } else {
    CHECK(acknowledged == 0);
  }
  auto session = *exists ? Continue(path) : CreateLive(path);
  const int32_t next = CheckedLedger(*OpenToRead(path)).NextBatch(0);
  CHECK(next >= acknowledged);
  CHECK(next <= acknowledged + 1);
  REQUIRE(ApplyChecks(*session, next, 40).ok());
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  session.reset();
  CHECK(directory.List() == Names{"a.db"});
  CHECK(Ask(path, "SELECT count(*) = ifnull(max(id), 0) FROM health_checks") ==
        "1");
  CHECK(OpenToRead(path)->CheckStructure().ok());
}

TEST_CASE("A writer killed at any moment leaves nothing or a dataset",
          "[sqlite_crash][slow]") {
  const auto durability = GENERATE(Durability::kPower, Durability::kRelaxed);
  constexpr int kCallsMax = 3000;
  int killed = 0;
  bool lived = false;
  for (int call = 1; call <= kCallsMax && !lived; ++call) {
    INFO(call);
    const TestDirectory directory;
    SharedNumber acknowledged;
    const int end = InChild([&] {
      faults::KillAt(call);
      Live(directory / "a.db", durability, &*acknowledged);
    });
    REQUIRE((end == 0 || end == -SIGKILL));
    lived = end == 0;
    killed += lived ? 0 : 1;
    CheckLeftovers(directory, *acknowledged);
  }
  CHECK(lived);
  CHECK(killed > 50);
}

}  // namespace
}  // namespace tillstorm
