// Who else has an SQLite dataset open: other tillstorms, other programs,
// readers in this process.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/storage/live_fixture.h"

namespace tillstorm {
namespace {

using Names = std::vector<std::string>;

void CheckBeingWritten(const Status& status, const std::string& path) {
  CHECK(status.code() == StatusCode::kUnavailable);
  CHECK(status.exit_code() == 69);
  CHECK_THAT(status.message(),
             HoldsText("another tillstorm is writing " + path + ";"));
}

TEST_CASE("A dataset that another tillstorm writes is refused",
          "[sqlite_lock]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  MakeFinished(path);
  SECTION("in this process, gone on with") {
    auto session = Continue(path);
    CheckBeingWritten(TryContinue(path).status(), path);
    REQUIRE(ApplyChecks(*session, 1).ok());
    session.reset();
    CHECK(TryContinue(path).ok());
  }
  SECTION("in this process, new") {
    const std::string made = directory / "b.db";
    auto session = CreateLive(made);
    CheckBeingWritten(TryContinue(made).status(), made);
    session.reset();
    CHECK(TryContinue(made).ok());
  }
  SECTION("in another process") {
    const int other = open(path.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(flock(other, LOCK_EX) == 0);
    CheckBeingWritten(TryContinue(path).status(), path);
    close(other);
    CHECK(TryContinue(path).ok());
  }
}

TEST_CASE("The lock is there from the first moment to the last",
          "[sqlite_lock]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  // Looks from outside: a descriptor of its own, as another process has it.
  const auto is_locked = [&path] {
    return InChild([&path] {
             const int other = open(path.c_str(), O_RDONLY | O_CLOEXEC);
             _exit(flock(other, LOCK_EX | LOCK_NB) == 0 ? 1 : 0);
           }) == 0;
  };
  auto session = CreateLive(path);
  CHECK(is_locked());
  REQUIRE(ApplyChecks(*session, 1).ok());
  REQUIRE(session->ResolveDoubt(0, 1).ok());
  CHECK(is_locked());
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  session.reset();
  CHECK_FALSE(is_locked());
  session = Continue(path);
  CHECK(is_locked());
}

// Whether another process could lock out all readers of the file.
bool CouldLockOut(const std::string& path) {
  const int end = InChild([&path] {
    constexpr off_t kFirstSharedByte = 0x4000'0002;
    constexpr off_t kSharedBytes = 510;
    const int other = open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = kFirstSharedByte;
    lock.l_len = kSharedBytes;
    if (fcntl(other, F_GETLK, &lock) != 0) _exit(2);
    _exit(lock.l_type == F_UNLCK ? 1 : 0);
  });
  REQUIRE(end < 2);
  return end == 1;
}

TEST_CASE("A session that ends or is refused takes no locks from readers here",
          "[sqlite_lock]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  auto session = CreateLive(path);
  auto reader = OpenToRead(path);
  CHECK_FALSE(CouldLockOut(path));
  session.reset();
  CHECK_FALSE(CouldLockOut(path));
  const int other = open(path.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(flock(other, LOCK_EX) == 0);
  CHECK_FALSE(TryContinue(path).ok());
  CHECK_FALSE(CouldLockOut(path));
  reader.reset();
  close(other);
  CHECK(CouldLockOut(path));
}

TEST_CASE("A program that reads the dataset does not keep it from finishing",
          "[sqlite_lock]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  auto session = CreateLive(path);
  REQUIRE(ApplyChecks(*session, 1).ok());
  {
    Stranger reader(path);
    CHECK(reader.Ask("BEGIN; SELECT count(*) FROM health_checks") == "10");
    REQUIRE(ApplyChecks(*session, 2).ok());
    REQUIRE(session->Finish(MakeManifest(), {}).ok());
    CHECK(session->log_bytes() > 0);
    session.reset();
    // Its snapshot is what it was; whoever comes now sees all.
    CHECK(reader.Ask("SELECT count(*) FROM health_checks") == "10");
    CHECK(Scan(*OpenToRead(path), TableId::kHealthChecks).size() == 20);
    CHECK(directory.List() == Names{"a.db", "a.db-shm", "a.db-wal"});
  }
  // The next session settles it.
  session = Continue(path);
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  CHECK(session->log_bytes() == 0);
  CHECK(directory.List() == Names{"a.db"});
  CHECK(Ask(path, "SELECT count(*) FROM health_checks") == "20");
}

TEST_CASE("A program that has the write lock is waited for, then named",
          "[sqlite_lock][slow]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  MakeFinished(path);
  Stranger other(path);
  other.Ask(GENERATE("BEGIN IMMEDIATE", "BEGIN; SELECT id FROM sites"));
  const auto begin = std::chrono::steady_clock::now();
  const Status status = TryContinue(path).status();
  const auto waited = std::chrono::steady_clock::now() - begin;
  CHECK(status.code() == StatusCode::kUnavailable);
  CHECK_THAT(status.message(), HoldsText("another program holds a lock"));
  CHECK(waited >= std::chrono::seconds(4));
  other.Ask("ROLLBACK");
  CHECK(TryContinue(path).ok());
}

}  // namespace
}  // namespace tillstorm
