#include "storage/location.h"

#include <string>

#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

std::string PathOf(const std::string& text) {
  const auto location = ParseLocation(text);
  INFO(location.status().message());
  REQUIRE(location.ok());
  return location->path;
}

TEST_CASE("A bare path is a SQLite file, made absolute", "[location]") {
  const std::string here = std::filesystem::current_path().string();
  CHECK(PathOf("/tmp/a.db") == "/tmp/a.db");
  CHECK(PathOf("a.db") == here + "/a.db");
  CHECK(PathOf("./data/a.db") == here + "/./data/a.db");
  CHECK(PathOf("sqlite:/tmp/a.db") == "/tmp/a.db");
  CHECK(PathOf("sqlite:a.db") == here + "/a.db");
}

TEST_CASE("Nothing that SQLite would read as a URI stays one", "[location]") {
  const std::string here = std::filesystem::current_path().string();
  CHECK(PathOf("sqlite:file:a.db") == here + "/file:a.db");
  CHECK(PathOf("./file:a.db") == here + "/./file:a.db");
  CHECK(PathOf("/tmp/a.db?mode=memory") == "/tmp/a.db?mode=memory");
}

TEST_CASE("sqlite: alone is a throw-away file", "[location]") {
  const auto location = ParseLocation("sqlite:");
  REQUIRE(location.ok());
  CHECK(location->path.empty());
  CHECK(location->text == "sqlite:");
}

TEST_CASE("null: stores nothing and is followed by nothing", "[location]") {
  const auto location = ParseLocation("null:");
  REQUIRE(location.ok());
  CHECK(location->engine == Engine::kNull);
  CHECK_FALSE(location->stores());
  CHECK_FALSE(location->keeps());
  CHECK((*OpenBackend(*location))->name() == "null:");
  for (const char* text :
       {"null:x", "null:/tmp/a.db", "null:?page_size=512", "null: "}) {
    INFO(text);
    const auto refused = ParseLocation(text);
    CHECK(refused.status().code() == StatusCode::kUsage);
    CHECK_THAT(refused.status().message(),
               HoldsText("null: takes nothing after the colon"));
    CHECK_THAT(refused.status().message(), HoldsText(text));
  }
  // Without a colon it is a path like any other.
  CHECK(ParseLocation("null")->engine == Engine::kSqlite);
}

TEST_CASE("Files are stored, throw-away ones not kept", "[location]") {
  CHECK(ParseLocation("/tmp/a.db")->stores());
  CHECK(ParseLocation("/tmp/a.db")->keeps());
  CHECK(ParseLocation("sqlite:")->stores());
  CHECK_FALSE(ParseLocation("sqlite:")->keeps());
}

TEST_CASE("Options follow a question mark", "[location]") {
  const auto location = ParseLocation("sqlite:/tmp/a.db?page_size=8192");
  REQUIRE(location.ok());
  CHECK(location->path == "/tmp/a.db");
  CHECK(location->options ==
        std::map<std::string, std::string>{{"page_size", "8192"}});
  CHECK(ParseLocation("sqlite:?page_size=512").ok());
  CHECK(ParseLocation("sqlite:/tmp/a.db?page_size=65536").ok());
}

TEST_CASE("A location that means nothing is refused in a sentence",
          "[location]") {
  struct Case {
    std::string text;
    std::string says;
  };
  const auto bad = GENERATE(
      Case{"", "PATH"}, Case{"Null:", "null:"},
      Case{"file:a.db", "./file:a.db"}, Case{"mysql://host/db", "mysql:"},
      Case{"oracle:", "sqlite:PATH"}, Case{std::string("a\0b", 3), "NUL"},
      Case{"postgresql:fleet", "two slashes"},
      Case{"postgresql://host/db?color=red", "color"},
      Case{"postgres:/tmp/pg?color=red", "shared_buffers"},
      Case{"postgres:/tmp/pg?fsync=off", "no option fsync"},
      Case{"postgres:?max_wal_size=1GB;x", "1GB;x"},
      Case{"sqlite:/tmp/a.db?page_size=1000", "512 to 65536"},
      Case{"sqlite:/tmp/a.db?page_size=256", "512 to 65536"},
      Case{"sqlite:/tmp/a.db?page_size=131072", "512 to 65536"},
      Case{"sqlite:/tmp/a.db?page_size=-4096", "512 to 65536"},
      Case{"sqlite:/tmp/a.db?page_size=4096x", "4096x"},
      Case{"sqlite:/tmp/a.db?page_size=", "512 to 65536"},
      Case{"sqlite:/tmp/a.db?color=red", "page_size"},
      Case{"sqlite:/tmp/a.db?page_size", "option=value"},
      Case{"sqlite:/tmp/a.db?=4096", "option=value"},
      Case{"sqlite:/tmp/a.db?page_size=512&page_size=512", "twice"});
  INFO(bad.text);
  const auto location = ParseLocation(bad.text);
  REQUIRE_FALSE(location.ok());
  CHECK(location.status().code() == StatusCode::kUsage);
  CHECK_THAT(location.status().message(), HoldsText(bad.says));
}

TEST_CASE("The page size of a location is that of the file", "[location]") {
  const TestDirectory directory;
  const auto location =
      ParseLocation("sqlite:" + directory.path() + "/a.db?page_size=16384");
  const auto backend = OpenBackend(*location);
  REQUIRE(backend.ok());
  EventList nothing;
  auto session = (*backend)->Create({Durability::kBulk, IndexMode::kNone},
                                    MakeManifest(), nothing.MakeBatch(0));
  REQUIRE(session.ok());
  const auto settings = (*session)->Settings();
  const std::pair<std::string, std::string> expected{"page_size", "16384"};
  CHECK(std::find(settings.begin(), settings.end(), expected) !=
        settings.end());
}

TEST_CASE("A server of the user's is taken with every setting of libpq",
          "[location]") {
  const std::string text = GENERATE(
      "postgresql://host/db", "postgres://user@host:5433/db",
      "postgresql:///db?host=/var/run/postgresql&port=5433",
      "postgresql://[::1]:5432/db",
      "postgresql://a,b:5433/db?target_session_"
      "attrs=read-write",
      "postgresql://?service=fleet",
      "postgresql://host/db?sslmode=verify-full&sslrootcert=/etc/ca.pem",
      "postgresql://host/db?passfile=/home/a/.pgpass");
  INFO(text);
  const auto location = ParseLocation(text);
  INFO(location.status().message());
  REQUIRE(location.ok());
  CHECK(location->engine == Engine::kPostgres);
  CHECK(location->keeps());
  CHECK(location->stores());
  CHECK(OpenBackend(*location).ok());
}

TEST_CASE("Messages name a server by what says which database it is",
          "[location]") {
  const auto location = ParseLocation(
      "postgresql://user@host/db?sslmode=require&sslkey=/home/a/key.pem"
      "&application_name=x&port=5433");
  REQUIRE(location.ok());
  CHECK((*OpenBackend(*location))->name() ==
        "postgresql://user@host/db?sslmode=require&port=5433");
}

TEST_CASE("A server of our own has a directory, or is thrown away",
          "[location]") {
  const auto kept = ParseLocation("postgres:/var/tmp/pg");
  REQUIRE(kept.ok());
  CHECK(kept->engine == Engine::kPostgresLocal);
  CHECK(kept->path == "/var/tmp/pg");
  CHECK(kept->keeps());
  CHECK((*OpenBackend(*kept))->name() == "postgres:/var/tmp/pg");
  CHECK(PathOf("postgres:data/pg") ==
        std::filesystem::current_path().string() + "/data/pg");
  const auto thrown_away = ParseLocation("postgres:?shared_buffers=1GB");
  REQUIRE(thrown_away.ok());
  CHECK_FALSE(thrown_away->keeps());
  CHECK(thrown_away->options.at("shared_buffers") == "1GB");
}

TEST_CASE("A password in a location is refused and not repeated",
          "[location]") {
  const std::string text = GENERATE(
      "postgresql://user:canary@host/db", "postgres://user:can@ary@host/db",
      "postgresql://user%3Acanary@host/db",
      "postgresql://host/db?password=canary",
      "postgresql://host/db?sslpassword=canary",
      "postgresql://host/db?%70assword=canary", "mysql://user:canary@host/db",
      "postgresql+psycopg2://user:canary@host/db",
      "sqlite:postgresql://user:canary@host/db",
      "postgres:postgresql://user:canary@host/db",
      "host=localhost password=canary");
  INFO(text);
  const auto location = ParseLocation(text);
  REQUIRE_FALSE(location.ok());
  CHECK(location.status().code() == StatusCode::kUsage);
  CHECK_THAT(location.status().message(), HoldsText("PGPASSWORD"));
  CHECK_THAT(location.status().message(), HoldsText(".pgpass"));
  CHECK(location.status().message().find("ary") == std::string::npos);
}

TEST_CASE("What could be a password without its at sign is not repeated",
          "[location]") {
  const std::string text =
      GENERATE("postgresql://user:canary", "postgresql://user:canary/db",
               "postgresql://[::1]canary", "mysql://user:canary");
  INFO(text);
  const auto location = ParseLocation(text);
  REQUIRE_FALSE(location.ok());
  CHECK(location.status().code() == StatusCode::kUsage);
  CHECK(location.status().message().find("canary") == std::string::npos);
}

TEST_CASE("A backend is called by its path", "[location]") {
  CHECK((*OpenBackend(*ParseLocation("sqlite:/tmp/a.db")))->name() ==
        "/tmp/a.db");
}

}  // namespace
}  // namespace tillstorm
