#include "storage/postgres/server_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "storage/postgres/runtime_folder.h"
#include "storage/postgres/server_programs.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/environment.h"

namespace tillstorm {
namespace {

namespace fs = std::filesystem;

class ReachableDirectory : public TestDirectory {
 public:
  ReachableDirectory() { chmod(path().c_str(), 0711); }
};

Status Refusal(const std::string& path, bool create) {
  return ServerDirectory::Open(path, create).status();
}

void Write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

TEST_CASE("A directory that is not ours is refused and left alone",
          "[server]") {
  const ReachableDirectory directory;
  const std::string path = directory / "pg";
  struct Case {
    std::string file;
    std::string says;
  };
  const auto bad = GENERATE(Case{"notes.txt", "holds other files"},
                            Case{"PG_VERSION", "tillstorm did not make"});
  fs::create_directory(path);
  Write(path + "/" + bad.file, "15\n");
  const Status make = Refusal(path, true);
  CHECK(make.code() == StatusCode::kCannotCreate);
  CHECK_THAT(make.message(), HoldsText(path));
  CHECK_THAT(make.message(), HoldsText(bad.says));
  CHECK(Refusal(path, false).code() == StatusCode::kBadInput);
  CHECK(std::distance(fs::directory_iterator(path), {}) == 1);
}

TEST_CASE("What is no directory, or not there, is refused", "[server]") {
  const ReachableDirectory directory;
  Write(directory / "file", "");
  fs::create_directory(directory / "empty");
  CHECK(Refusal(directory / "file", true).code() == StatusCode::kCannotCreate);
  CHECK(Refusal(directory / "file", false).code() == StatusCode::kBadInput);
  CHECK(Refusal(directory / "empty", false).code() == StatusCode::kBadInput);
  CHECK(Refusal(directory / "none", false).code() == StatusCode::kBadInput);
  CHECK_FALSE(fs::exists(directory / "none"));
  CHECK(Refusal(directory / "none/none", true).code() ==
        StatusCode::kCannotCreate);
}

TEST_CASE("A directory that the server's user cannot reach is refused",
          "[server]") {
  if (geteuid() != 0) {
    WARN("SKIPPED: only root starts servers as another user");
    return;
  }
  const ReachableDirectory directory;
  const std::string closed = directory / "closed";
  fs::create_directory(closed);
  chmod(closed.c_str(), 0700);
  const Status status = Refusal(closed + "/pg", true);
  CHECK(status.code() == StatusCode::kPermission);
  CHECK_THAT(status.message(), HoldsText("the user postgres"));
  CHECK_THAT(status.message(), HoldsText(closed + "/pg"));
  CHECK_FALSE(fs::exists(closed + "/pg"));
}

TEST_CASE("A version that is not installed is named with its package",
          "[server]") {
  const ReachableDirectory directory;
  const std::string path = directory / "pg";
  fs::create_directories(path + "/data");
  Write(path + "/tillstorm_server", "");
  Write(path + "/data/PG_VERSION", "9.6\n");
  const Status status = Refusal(path, true);
  CHECK(status.code() == StatusCode::kUnavailable);
  CHECK_THAT(status.message(), HoldsText("PostgreSQL 9"));
  CHECK_THAT(status.message(), HoldsText("postgresql-9"));
}

TEST_CASE("The programs of a server are found, newest first", "[server]") {
  const auto found = FindServerPrograms();
  REQUIRE_FALSE(found.empty());
  CHECK(found.front().version >= 12);
  CHECK(found.front().version_text.starts_with(
      std::to_string(found.front().version) + "."));
  CHECK(fs::exists(found.front().initdb()));
  for (size_t i = 1; i < found.size(); ++i) {
    CHECK(found[i].version <= found[i - 1].version);
  }
}

TEST_CASE("Sockets go where their path is short enough", "[server]") {
  constexpr size_t kLongest = 107;
  const ReachableDirectory directory;
  const std::string deep = directory / std::string(90, 'd');
  fs::create_directory(deep);
  const Variable temporary("TMPDIR", deep);
  const Variable runtime("XDG_RUNTIME_DIR", deep);
  const auto folder =
      SocketFolder::Create(UserIdentity::Own(), {"/var/tmp/x", false});
  REQUIRE(folder.ok());
  const std::string path = (*folder)->path();
  CHECK((path + "/.s.PGSQL.5432").size() <= kLongest);
  CHECK(fs::exists(path));
  (*folder)->Remove();
  CHECK_FALSE(fs::exists(path));
  CHECK_FALSE(fs::exists(path + ".record"));
}

TEST_CASE("A folder for sockets that others could write to is not used",
          "[server]") {
  const ReachableDirectory directory;
  const Variable runtime("XDG_RUNTIME_DIR", directory.path());
  const std::string open = directory / "tillstorm";
  fs::create_directory(open);
  chmod(open.c_str(), 0777);
  const auto folder =
      SocketFolder::Create(UserIdentity::Own(), {"/var/tmp/x", false});
  REQUIRE(folder.ok());
  CHECK_FALSE((*folder)->path().starts_with(open));
  (*folder)->Remove();
}

}  // namespace
}  // namespace tillstorm
