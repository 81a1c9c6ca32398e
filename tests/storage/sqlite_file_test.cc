// How datasets come into being and go as files: partial files, locks, names,
// and what is never touched.
#include "storage/sqlite/sqlite_file.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "storage/sqlite/sqlite_backend.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

using Names = std::vector<std::string>;

constexpr CreateOptions kBulkOptions{Durability::kBulk, IndexMode::kNone};

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string ReadFile(const std::string& path) {
  if (!std::filesystem::is_regular_file(path)) return {};
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Execute(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  REQUIRE(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) ==
          SQLITE_OK);
  sqlite3_close(db);
}

Result<std::unique_ptr<Session>> Create(const std::string& path,
                                        bool replace = false) {
  SqliteBackend backend(path, {});
  EventList fleet;
  AddFleet(&fleet);
  CreateOptions options = kBulkOptions;
  options.replace = replace;
  return backend.Create(options, MakeManifest(), fleet.MakeBatch(0));
}

void MakeDataset(const std::string& path) {
  auto session = Create(path);
  REQUIRE(session.ok());
  REQUIRE((*session)->Finish(MakeManifest(), {}).ok());
}

// Acts as an ordinary user for a while, even if the tests run as root.
class AsOrdinaryUser {
 public:
  explicit AsOrdinaryUser(const TestDirectory& directory) {
    constexpr uid_t kNobody = 65'534;
    if (geteuid() != 0) return;
    REQUIRE(chmod(directory.path().c_str(), 0755) == 0);
    REQUIRE(seteuid(kNobody) == 0);
    changed_ = true;
  }
  ~AsOrdinaryUser() {
    if (changed_ && seteuid(0) != 0) std::abort();
  }
  AsOrdinaryUser(const AsOrdinaryUser&) = delete;
  AsOrdinaryUser& operator=(const AsOrdinaryUser&) = delete;

 private:
  bool changed_ = false;
};

TEST_CASE("A dataset carries its name only when complete", "[sqlite_file]") {
  const TestDirectory directory;
  auto session = Create(directory / "a.db");
  REQUIRE(session.ok());
  CHECK(directory.List() == Names{".a.db.partial"});
  struct stat status {};
  REQUIRE(stat((directory / ".a.db.partial").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  REQUIRE((*session)->Finish(MakeManifest(), {}).ok());
  CHECK(directory.List() == Names{"a.db"});
}

TEST_CASE("A finished dataset has the mode of any new file", "[sqlite_file]") {
  const TestDirectory directory;
  const mode_t before = umask(027);
  MakeDataset(directory / "a.db");
  umask(before);
  struct stat status {};
  REQUIRE(stat((directory / "a.db").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("An unfinished dataset leaves nothing", "[sqlite_file]") {
  const TestDirectory directory;
  auto session = Create(directory / "a.db");
  REQUIRE(session.ok());
  session->reset();
  CHECK(directory.List().empty());
}

TEST_CASE("What is in the way is left alone and named", "[sqlite_file]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  const bool replace = GENERATE(false, true);
  std::string says = "regular file";
  SECTION("a directory") {
    REQUIRE(mkdir(path.c_str(), 0755) == 0);
    says = "is a directory";
  }
  SECTION("a pipe") { REQUIRE(mkfifo(path.c_str(), 0644) == 0); }
  SECTION("a symbolic link, even to a dataset") {
    MakeDataset(directory / "real.db");
    REQUIRE(symlink("real.db", path.c_str()) == 0);
    says = "symbolic link";
  }
  SECTION("a dangling symbolic link") {
    REQUIRE(symlink("nowhere", path.c_str()) == 0);
    says = "symbolic link";
  }
  SECTION("a text") {
    WriteFile(path, "dear diary");
    says = "--force";
  }
  SECTION("an empty file") {
    WriteFile(path, "");
    says = "--force";
  }
  SECTION("somebody's database") {
    Execute(path, "CREATE TABLE diary(day)");
    says = "--force";
  }
  const Names before = directory.List();
  const std::string bytes = ReadFile(path);
  const auto session = Create(path, replace);
  CHECK(session.status().code() == StatusCode::kCannotCreate);
  CHECK_THAT(session.status().message(), HoldsText(path));
  CHECK_THAT(session.status().message(), HoldsText(says));
  CHECK(directory.List() == before);
  CHECK(ReadFile(path) == bytes);
}

TEST_CASE("A place where nothing can be made is named", "[sqlite_file]") {
  const TestDirectory directory;
  SECTION("a directory that is not there") {
    const auto session = Create(directory / "no/a.db");
    CHECK(session.status().code() == StatusCode::kCannotCreate);
    CHECK_THAT(session.status().message(), HoldsText(directory / "no"));
  }
  SECTION("a file where a directory should be") {
    WriteFile(directory / "file", "");
    const auto session = Create(directory / "file/a.db");
    CHECK(session.status().code() == StatusCode::kCannotCreate);
    CHECK_THAT(session.status().message(), HoldsText("not a directory"));
  }
  SECTION("a path that ends in a slash") {
    const auto session = Create(directory.path() + "/");
    CHECK(session.status().code() == StatusCode::kCannotCreate);
    CHECK_THAT(session.status().message(), HoldsText("is a directory"));
  }
  SECTION("a name that is too long") {
    const auto session = Create(directory / std::string(300, 'a'));
    CHECK(session.status().code() == StatusCode::kCannotCreate);
    CHECK_THAT(session.status().message(), HoldsText("name too long"));
  }
  SECTION("a directory that may not be written") {
    const AsOrdinaryUser user(directory);
    chmod(directory.path().c_str(), 0555);
    const auto session = Create(directory / "a.db");
    CHECK(session.status().code() == StatusCode::kPermission);
    CHECK_THAT(session.status().message(), HoldsText(directory / "a.db"));
    chmod(directory.path().c_str(), 0755);
  }
  CHECK_FALSE(std::filesystem::exists(directory / "a.db"));
}

TEST_CASE("A dataset of ours is replaced on demand, in one act",
          "[sqlite_file]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  MakeDataset(path);
  const std::string old = ReadFile(path);
  auto session = Create(path, /*replace=*/true);
  REQUIRE(session.ok());
  CHECK(ReadFile(path) == old);
  Manifest manifest = MakeManifest();
  manifest.seed = 43;
  REQUIRE((*session)->Finish(manifest, {}).ok());
  CHECK(ReadFile(path) != old);
  CHECK(directory.List() == Names{"a.db"});
}

TEST_CASE("A dataset that an unfinished one would replace stays",
          "[sqlite_file]") {
  const TestDirectory directory;
  MakeDataset(directory / "a.db");
  const std::string old = ReadFile(directory / "a.db");
  Create(directory / "a.db", /*replace=*/true)->reset();
  CHECK(directory.List() == Names{"a.db"});
  CHECK(ReadFile(directory / "a.db") == old);
}

TEST_CASE("A partial file of a killed run is replaced", "[sqlite_file]") {
  const TestDirectory directory;
  SECTION("an empty one") { WriteFile(directory / ".a.db.partial", ""); }
  SECTION("one of ours") {
    MakeDataset(directory / "b.db");
    std::filesystem::rename(directory / "b.db", directory / ".a.db.partial");
  }
  SECTION("one whose run was killed before its first transaction") {
    auto file = DatasetFile::Create(directory / "b.db", false);
    REQUIRE(file.ok());
    auto db = SqliteDb::Open((*file)->file(), "b", SqliteRole::kWriter);
    REQUIRE(SetUpBuilding({}, &*db).ok());
    std::filesystem::copy(directory / ".b.db.partial",
                          directory / ".a.db.partial");
  }
  auto session = Create(directory / "a.db");
  INFO(session.status().message());
  REQUIRE(session.ok());
  REQUIRE((*session)->Finish(MakeManifest(), {}).ok());
  CHECK(directory.List() == Names{"a.db"});
}

TEST_CASE("A partial file that is not ours or in use stays", "[sqlite_file]") {
  const TestDirectory directory;
  const std::string partial = directory / ".a.db.partial";
  std::string says = "in the way";
  StatusCode code = StatusCode::kCannotCreate;
  int lock = -1;
  SECTION("a text") { WriteFile(partial, "dear diary"); }
  SECTION("somebody's database") {
    Execute(partial, "CREATE TABLE diary(day)");
  }
  SECTION("a directory") { REQUIRE(mkdir(partial.c_str(), 0755) == 0); }
  SECTION("a symbolic link") {
    WriteFile(directory / "empty", "");
    REQUIRE(symlink("empty", partial.c_str()) == 0);
  }
  SECTION("one that another process holds") {
    WriteFile(partial, "");
    lock = open(partial.c_str(), O_RDWR);
    REQUIRE(flock(lock, LOCK_EX) == 0);
    says = "another tillstorm";
    code = StatusCode::kUnavailable;
  }
  const Names before = directory.List();
  const auto session = Create(directory / "a.db");
  CHECK(session.status().code() == code);
  CHECK_THAT(session.status().message(), HoldsText(says));
  CHECK(directory.List() == before);
  if (lock >= 0) close(lock);
}

TEST_CASE("A dataset has one writer at a time", "[sqlite_file]") {
  const TestDirectory directory;
  const auto first = Create(directory / "a.db");
  REQUIRE(first.ok());
  const auto second = Create(directory / "a.db");
  CHECK(second.status().code() == StatusCode::kUnavailable);
  CHECK_THAT(second.status().message(), HoldsText("another tillstorm"));
  CHECK(directory.List() == Names{".a.db.partial"});
}

TEST_CASE("A name that was taken meanwhile is not overwritten",
          "[sqlite_file]") {
  const TestDirectory directory;
  auto session = Create(directory / "a.db");
  REQUIRE(session.ok());
  WriteFile(directory / "a.db", "dear diary");
  const Status status = (*session)->Finish(MakeManifest(), {});
  CHECK(status.code() == StatusCode::kCannotCreate);
  session->reset();
  CHECK(directory.List() == Names{"a.db"});
  CHECK(ReadFile(directory / "a.db") == "dear diary");
}

TEST_CASE("A dataset that somebody removes meanwhile is not published",
          "[sqlite_file]") {
  const TestDirectory directory;
  auto session = Create(directory / "a.db");
  REQUIRE(session.ok());
  std::filesystem::remove(directory / ".a.db.partial");
  WriteFile(directory / ".a.db.partial", "dear diary");
  CHECK((*session)->Finish(MakeManifest(), {}).code() ==
        StatusCode::kIntegrity);
  session->reset();
  CHECK(directory.List() == Names{".a.db.partial"});
}

TEST_CASE("What another database left beside the name is refused",
          "[sqlite_file]") {
  const TestDirectory directory;
  const std::string suffix = GENERATE("-wal", "-shm", "-journal");
  WriteFile(directory / ("a.db" + suffix), "pages of a stranger");
  const auto session = Create(directory / "a.db");
  CHECK(session.status().code() == StatusCode::kCannotCreate);
  CHECK_THAT(session.status().message(), HoldsText("a.db" + suffix));
  CHECK(directory.List() == Names{"a.db" + suffix});
}

TEST_CASE("A path through a linked directory works", "[sqlite_file]") {
  const TestDirectory directory;
  REQUIRE(mkdir((directory / "real").c_str(), 0755) == 0);
  REQUIRE(symlink("real", (directory / "link").c_str()) == 0);
  MakeDataset(directory / "link/a.db");
  CHECK(std::filesystem::exists(directory / "real/a.db"));
  SqliteBackend backend(directory / "link/a.db", {});
  CHECK(backend.OpenReader().ok());
}

TEST_CASE("DiscardPartialFiles removes what is under way, nothing else",
          "[sqlite_file]") {
  const TestDirectory directory;
  MakeDataset(directory / "done.db");
  auto session = Create(directory / "a.db");
  REQUIRE(session.ok());
  DiscardPartialFiles();
  CHECK(directory.List() == Names{"done.db"});
  CHECK_FALSE((*session)->Finish(MakeManifest(), {}).ok());
  session->reset();
  CHECK(directory.List() == Names{"done.db"});
}

TEST_CASE("A throw-away dataset goes with its backend", "[sqlite_file]") {
  const TestDirectory directory;
  const char* old = getenv("TMPDIR");
  const std::string before = old == nullptr ? "" : old;
  REQUIRE(setenv("TMPDIR", directory.path().c_str(), 1) == 0);
  const auto durability = GENERATE(Durability::kBulk, Durability::kProcess);
  {
    SqliteBackend backend("", {});
    CHECK(backend.OpenReader().status().code() == StatusCode::kBadInput);
    CHECK(directory.List().empty());
    EventList fleet;
    AddFleet(&fleet);
    auto session = backend.Create({durability, IndexMode::kNone},
                                  MakeManifest(), fleet.MakeBatch(0));
    REQUIRE(session.ok());
    CHECK(directory.List().size() == 1);
    REQUIRE((*session)->Finish(MakeManifest(), {}).ok());
    CHECK(backend.OpenReader().ok());
  }
  CHECK(directory.List().empty());
  old == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", before.c_str(), 1);
}

}  // namespace
}  // namespace tillstorm
