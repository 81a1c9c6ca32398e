// What a probe says of libraries, directories and files, and that it leaves
// nothing behind.
#include "storage/probe.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "storage/directory_probe.h"
#include "storage/sqlite/sqlite_backend.h"
#include "storage/sqlite/sqlite_probe.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

constexpr int64_t kMebi = 1 << 20;

void Execute(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  CHECK(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

Manifest ClosedManifest() {
  Manifest manifest = MakeManifest();
  manifest.intervals.back().close = kMonday + Micros{kMicrosPerDay};
  return manifest;
}

std::string MakeDataset(const TestDirectory& directory,
                        const Manifest& manifest) {
  const std::string path = directory / "a.db";
  SqliteBackend backend(path, {});
  EventList fleet;
  AddFleet(&fleet);
  auto session = backend.Create({Durability::kBulk, IndexMode::kDeferred},
                                manifest, fleet.MakeBatch(0));
  REQUIRE(session.ok());
  REQUIRE((*session)->Finish(manifest, {}).ok());
  return path;
}

LocationProbe Probe(const std::string& text) {
  ProbeNeeds needs;
  needs.stream_version = 1;
  needs.expected_bytes = 1'000;
  const Result<Location> location = ParseLocation(text);
  REQUIRE(location.ok());
  return ProbeLocation(*location, needs);
}

std::string Sentence(const PreflightLine& line) {
  return std::string(Name(line.verdict)) + " " + line.message +
         (line.cure.empty() ? "" : "; " + line.cure);
}

// The line of one check; what there is of others when it is not there.
std::string Line(const LocationProbe& probe, const std::string& check) {
  std::string others = "no line:";
  for (const PreflightLine& line : probe.lines) {
    if (line.check == check) return Sentence(line);
    others += " " + line.check;
  }
  return others;
}

// Code and sentence of the first failed line.
std::pair<StatusCode, std::string> Failure(const LocationProbe& probe) {
  for (const PreflightLine& line : probe.lines) {
    if (line.verdict == Verdict::kFailed) return {line.code, Sentence(line)};
  }
  return {StatusCode::kOk, ""};
}

TEST_CASE("Versions of SQLite with the fault are mitigated, others pass",
          "[probe]") {
  const auto verdict = [](int version) {
    return JudgeSqliteVersion(version).verdict;
  };
  for (const int version :
       {3'007'000, 3'040'001, 3'044'000, 3'044'005, 3'045'000, 3'050'000,
        3'050'006, 3'051'000, 3'051'002}) {
    INFO(version);
    CHECK(verdict(version) == Verdict::kMitigated);
  }
  for (const int version : {3'006'023, 3'044'006, 3'044'007, 3'050'007,
                            3'050'008, 3'051'003, 3'052'000, 4'000'000}) {
    INFO(version);
    CHECK(verdict(version) == Verdict::kPassed);
  }
  CHECK(Sentence(JudgeSqliteVersion(3'040'001)) ==
        "mitigated version 3.40.1 can damage a database that two connections "
        "write or checkpoint at the same instant (fixed in 3.51.3, 3.50.7 and "
        "3.44.6); one writing connection");
  CHECK(Sentence(JudgeSqliteVersion(3'051'003)) == "passed version 3.51.3");
}

TEST_CASE("SQLite without threads fails", "[probe]") {
  CHECK(JudgeSqliteThreads(0).verdict == Verdict::kFailed);
  CHECK(JudgeSqliteThreads(0).code == StatusCode::kUnavailable);
  CHECK(JudgeSqliteThreads(1).verdict == Verdict::kPassed);
  CHECK(JudgeSqliteThreads(2).verdict == Verdict::kPassed);
  for (const PreflightLine& line : ProbeLibraries()) {
    CHECK(line.verdict != Verdict::kFailed);
  }
}

TEST_CASE("A file system that other machines share is a warning", "[probe]") {
  const auto judge = [](uint32_t magic) {
    return Sentence(JudgeFileSystem("/d", magic, false));
  };
  CHECK(judge(0xef53) == "passed /d is on ext4");
  CHECK(judge(0x01021994) ==
        "passed /d is on tmpfs: gone when the machine restarts");
  CHECK(judge(0x12345678) ==
        "passed /d is on a file system of the type 0x12345678");
  CHECK(judge(0x6969) ==
        "warning /d is on nfs, where locks and shared memory of a database may "
        "not work; choose a directory on a disk of this machine");
  for (const uint32_t magic : {0xff534d42U, 0x01021997U, 0x65735546U}) {
    CHECK(JudgeFileSystem("/d", magic, false).verdict == Verdict::kWarning);
  }
  const PreflightLine line = JudgeFileSystem("/d", 0xef53, true);
  CHECK(Sentence(line) ==
        "failed /d is on ext4, mounted read-only; choose a directory on "
        "another disk");
  CHECK(line.code == StatusCode::kCannotCreate);
}

TEST_CASE("Room is judged by what is expected, if that is known", "[probe]") {
  const auto judge = [](int64_t free, std::optional<int64_t> expected = {}) {
    return JudgeRoom("/d", {free, std::nullopt, std::nullopt}, expected);
  };
  CHECK(Sentence(judge(1024 * kMebi)) == "passed /d has 1.0 GiB free");
  CHECK(Sentence(judge(1023 * kMebi)) ==
        "warning /d has 1023.0 MiB free, less than 1.0 GiB; make room or write "
        "somewhere else");
  CHECK(judge(64 * kMebi).verdict == Verdict::kWarning);
  CHECK(Sentence(judge(64 * kMebi - 1)) ==
        "failed /d has 64.0 MiB free, less than 64.0 MiB; make room or write "
        "somewhere else");
  CHECK(judge(0).code == StatusCode::kIo);

  CHECK(judge(100 * kMebi, 99 * kMebi).verdict == Verdict::kPassed);
  CHECK(Sentence(judge(100 * kMebi, 101 * kMebi)) ==
        "warning /d has 100.0 MiB free, and about 101.0 MiB are expected; make "
        "room or write somewhere else");
  CHECK(judge(63 * kMebi, 40 * kMebi).verdict == Verdict::kFailed);
  CHECK(judge(2 * kMebi, kMebi).verdict == Verdict::kPassed);
  CHECK(judge(2 * kMebi - 1, kMebi).verdict == Verdict::kFailed);
}

TEST_CASE("Inodes and the limit on a file's size are room too", "[probe]") {
  const int64_t large = 8192 * kMebi;
  CHECK(Sentence(JudgeRoom("/d", {large, 7, std::nullopt}, {})) ==
        "failed /d has room for 7 more files; remove files or write somewhere "
        "else");
  CHECK(JudgeRoom("/d", {large, 7, std::nullopt}, {}).code ==
        StatusCode::kCannotCreate);
  CHECK(JudgeRoom("/d", {large, 8, std::nullopt}, {}).verdict ==
        Verdict::kPassed);
  CHECK(Sentence(JudgeRoom("/d", {large, 8, 10 * kMebi}, {})) ==
        "failed a file may have 10.0 MiB at most, less than 64.0 MiB; raise "
        "the limit (ulimit -f)");
  CHECK(JudgeRoom("/d", {large, 8, 2 * large}, {}).verdict == Verdict::kPassed);
}

TEST_CASE("A disk whose clock is another is a warning", "[probe]") {
  const auto judge = [](int64_t ms) {
    return JudgeDiskClock("/d", std::chrono::milliseconds(ms));
  };
  CHECK(judge(-4).verdict == Verdict::kPassed);
  CHECK(judge(2'000).verdict == Verdict::kPassed);
  CHECK(judge(-2'000).verdict == Verdict::kPassed);
  CHECK_THAT(Sentence(judge(2'001)),
             HoldsText("warning a file made in /d just now is dated 2.0 s "
                       "later; set the clock"));
  CHECK_THAT(Sentence(judge(-3'600'000)), HoldsText("3600.0 s earlier"));
}

TEST_CASE("A new place is looked at and left as it was", "[probe]") {
  const TestDirectory directory;
  const LocationProbe probe = Probe(directory / "new.db");
  CHECK(Failure(probe).second.empty());
  CHECK_THAT(Line(probe, "directory"), HoldsText("passed files can be made"));
  CHECK_THAT(Line(probe, "disk clock"), HoldsText("passed"));
  CHECK_THAT(Line(probe, "free disk"), HoldsText("passed"));
  CHECK_THAT(Line(probe, "file"), HoldsText("new.db is new"));
  CHECK_THAT(Line(probe, "other runs"), HoldsText("passed"));
  CHECK_FALSE(probe.manifest.has_value());
  CHECK(directory.List().empty());
}

TEST_CASE("A place without its directory cannot be created", "[probe]") {
  const TestDirectory directory;
  std::ofstream(directory / "text") << "x";
  for (const std::string name : {"missing", "text"}) {
    const auto [code, sentence] =
        Failure(Probe(directory / (name + "/new.db")));
    CHECK(code == StatusCode::kCannotCreate);
    CHECK_THAT(sentence, HoldsText(directory / name));
  }
  CHECK(Failure(Probe(directory.path() + "/")).first == StatusCode::kBadInput);
}

TEST_CASE("A dataset of ours is gone on with, and is not touched", "[probe]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory, ClosedManifest());
  struct stat before {};
  REQUIRE(stat(path.c_str(), &before) == 0);
  const LocationProbe probe = Probe(path);
  CHECK(Failure(probe).second.empty());
  CHECK_THAT(Line(probe, "dataset"),
             HoldsText("is a dataset of ours, seed 42, collected to "
                       "2026-01-06T08:00:00Z; collect goes on with it"));
  REQUIRE(probe.manifest.has_value());
  CHECK(probe.manifest->seed == 42);
  struct stat after {};
  REQUIRE(stat(path.c_str(), &after) == 0);
  CHECK(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
  CHECK(directory.List() == std::vector<std::string>{"a.db"});
}

TEST_CASE("A run that was cut off shows in the dataset", "[probe]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory, MakeManifest());
  CHECK_THAT(Line(Probe(path), "dataset"),
             HoldsText("collected from 2026-01-05T08:00:00Z by a run that was "
                       "cut off; collect goes on with it"));
}

TEST_CASE("A dataset that cannot be gone on with is bad input", "[probe]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory, ClosedManifest());
  std::string says;
  SECTION("another stream version") {
    Execute(path,
            "UPDATE tillstorm_manifest SET value='999' WHERE "
            "key='stream_version'");
    says = "has stream version 999; this program makes version 1";
  }
  SECTION("another schema version") {
    Execute(path, "PRAGMA user_version=77");
    says = "has schema version 77";
  }
  SECTION("not complete") {
    Execute(path,
            "UPDATE tillstorm_manifest SET value='rows' WHERE key='state'");
    says = "the manifest's state is 'rows'; make it again";
  }
  SECTION("no manifest") {
    Execute(path, "DROP TABLE tillstorm_manifest");
    says = "has no table tillstorm_manifest";
  }
  SECTION("truncated") {
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    says = "is truncated";
  }
  SECTION("a stub") {
    std::filesystem::resize_file(path, 50);
    says = "is not an SQLite database";
  }
  const LocationProbe probe = Probe(path);
  CHECK(Failure(probe).first == StatusCode::kBadInput);
  CHECK_THAT(Failure(probe).second, HoldsText(says));
  CHECK_FALSE(probe.manifest.has_value());
  CHECK(directory.List() == std::vector<std::string>{"a.db"});
}

TEST_CASE("What is no dataset at all is bad input", "[probe]") {
  const TestDirectory directory;
  const std::string path = directory / "b.db";
  std::string says;
  SECTION("a directory") {
    REQUIRE(mkdir(path.c_str(), 0755) == 0);
    says = "is a directory";
  }
  SECTION("a pipe, without waiting for somebody to write") {
    REQUIRE(mkfifo(path.c_str(), 0644) == 0);
    says = "is no regular file";
  }
  SECTION("a link") {
    REQUIRE(symlink("nowhere", path.c_str()) == 0);
    says = "is a symbolic link; give the path of the file itself";
  }
  SECTION("nothing in it") {
    std::ofstream(path).flush();
    says = "is empty";
  }
  SECTION("a text") {
    std::ofstream(path) << std::string(5'000, 'x');
    says = "is not an SQLite database";
  }
  SECTION("a database of somebody else") {
    Execute(path, "CREATE TABLE t (x)");
    says =
        "not a tillstorm dataset (its application id is 0, not 1414089804); "
        "choose another location";
  }
  const LocationProbe probe = Probe(path);
  CHECK(Failure(probe).first == StatusCode::kBadInput);
  CHECK_THAT(Failure(probe).second, HoldsText(says));
  CHECK(directory.List() == std::vector<std::string>{"b.db"});
}

TEST_CASE("What another database left over is in the way", "[probe]") {
  const TestDirectory directory;
  std::ofstream(directory / "a.db-wal") << "x";
  const auto [code, sentence] = Failure(Probe(directory / "a.db"));
  CHECK(code == StatusCode::kCannotCreate);
  CHECK_THAT(sentence, HoldsText("a.db-wal is left over"));
}

TEST_CASE("A file with two names is a warning", "[probe]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory, ClosedManifest());
  std::filesystem::create_hard_link(path, directory / "b.db");
  CHECK_THAT(Line(Probe(path), "file"),
             HoldsText("warning " + path + " has 2 names (hard links)"));
}

// Another process that holds the lock of a file until it is told to let go.
class Holder {
 public:
  Holder(const std::string& path, int operation) {
    std::array<int, 2> ready{};
    std::array<int, 2> leave{};
    REQUIRE(pipe(ready.data()) == 0);
    REQUIRE(pipe(leave.data()) == 0);
    child_ = fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      close(leave[1]);
      const int file = open(path.c_str(), O_RDWR | O_CREAT, 0644);
      const char told = flock(file, operation) == 0 ? 'y' : 'n';
      char wait = 0;
      if (write(ready[1], &told, 1) != 1 || read(leave[0], &wait, 1) < 0) {
        _exit(1);
      }
      _exit(0);
    }
    close(ready[1]);
    close(leave[0]);
    char told = 'n';
    REQUIRE(read(ready[0], &told, 1) == 1);
    CHECK(told == 'y');
    close(ready[0]);
    leave_ = leave[1];
  }
  ~Holder() {
    close(leave_);
    waitpid(child_, nullptr, 0);
  }
  [[nodiscard]] pid_t child() const { return child_; }

 private:
  pid_t child_ = 0;
  int leave_ = -1;
};

TEST_CASE("A dataset that another process writes is left alone", "[probe]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory, ClosedManifest());
  {
    const Holder holder(path, LOCK_EX);
    const LocationProbe probe = Probe(path);
    CHECK(Failure(probe).first == StatusCode::kUnavailable);
    CHECK_THAT(Failure(probe).second, HoldsText("is writing " + path));
    CHECK_THAT(Line(probe, "dataset"), HoldsText("no line"));
    CHECK_FALSE(probe.manifest.has_value());
  }
  CHECK(Failure(Probe(path)).second.empty());
}

TEST_CASE("A new dataset that another process makes is taken", "[probe]") {
  const TestDirectory directory;
  const std::string partial = directory / ".a.db.partial";
  {
    const Holder holder(partial, LOCK_EX);
    const LocationProbe probe = Probe(directory / "a.db");
    CHECK(Failure(probe).first == StatusCode::kUnavailable);
    CHECK_THAT(Failure(probe).second, HoldsText("a.db"));
  }
  // What a killed run left is no hindrance.
  CHECK(Failure(Probe(directory / "a.db")).second.empty());
  CHECK(directory.List() == std::vector<std::string>{".a.db.partial"});
}

TEST_CASE("Two probes at once do not see each other", "[probe]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory, ClosedManifest());
  const Holder holder(path, LOCK_SH);
  CHECK(Failure(Probe(path)).second.empty());
}

TEST_CASE("After a probe the dataset can be taken at once", "[probe]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory, ClosedManifest());
  CHECK(Failure(Probe(path)).second.empty());
  const Holder holder(path, LOCK_EX | LOCK_NB);  // checks that it was given
}

// The exit code of a probe made by a user without rights.
int CodeAsNobody(const std::string& path) {
  constexpr uid_t kNobody = 65'534;
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (geteuid() == 0 && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) {
      _exit(255);
    }
    const LocationProbe probe = ProbeSqliteLocation(path, ProbeNeeds{{}, 1});
    for (const PreflightLine& line : probe.lines) {
      if (line.verdict == Verdict::kFailed) {
        _exit(static_cast<int>(line.code));
      }
    }
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_CASE("What may not be written is a matter of permission", "[probe]") {
  const TestDirectory directory;
  const std::string path = MakeDataset(directory, ClosedManifest());
  REQUIRE(chmod(directory.path().c_str(), 0777) == 0);
  REQUIRE(chmod(path.c_str(), 0666) == 0);
  CHECK(CodeAsNobody(path) == 0);
  SECTION("a file for reading only") {
    REQUIRE(chmod(path.c_str(), 0444) == 0);
    CHECK(CodeAsNobody(path) == 77);
  }
  SECTION("a file that may not be read") {
    REQUIRE(chmod(path.c_str(), 0200) == 0);
    CHECK(CodeAsNobody(path) == 77);
  }
  SECTION("a directory for reading only") {
    REQUIRE(chmod(directory.path().c_str(), 0555) == 0);
    CHECK(CodeAsNobody(path) == 77);
    CHECK(CodeAsNobody(directory / "new.db") == 77);
  }
  SECTION("a directory that may not be entered") {
    REQUIRE(chmod(directory.path().c_str(), 0600) == 0);
    CHECK(CodeAsNobody(directory / "new.db") == 77);
  }
  REQUIRE(chmod(directory.path().c_str(), 0755) == 0);
}

TEST_CASE("A throw-away is a matter of its directory", "[probe]") {
  const TestDirectory directory;
  setenv("TMPDIR", directory.path().c_str(), 1);
  const LocationProbe probe = Probe("sqlite:");
  CHECK_THAT(Line(probe, "directory"), HoldsText(directory.path()));
  CHECK_THAT(Line(probe, "file"), HoldsText("no line"));
  setenv("TMPDIR", (directory / "missing").c_str(), 1);
  CHECK(Failure(Probe("sqlite:")).first == StatusCode::kCannotCreate);
  unsetenv("TMPDIR");
  CHECK(directory.List().empty());
}

TEST_CASE("Nothing is asked of null:", "[probe]") {
  CHECK(Probe("null:").lines.size() == 1);
  CHECK(Failure(Probe("null:")).second.empty());
}

}  // namespace
}  // namespace tillstorm
