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
      Case{"postgres:", "sqlite:PATH"}, Case{std::string("a\0b", 3), "NUL"},
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

TEST_CASE("A backend is called by its path", "[location]") {
  CHECK((*OpenBackend(*ParseLocation("sqlite:/tmp/a.db")))->name() ==
        "/tmp/a.db");
}

}  // namespace
}  // namespace tillstorm
