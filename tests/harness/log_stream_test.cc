#include "harness/log_stream.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

namespace fs = std::filesystem;

// 2026-01-05T08:00:00Z
constexpr Instant kMorning{Micros{1'767'600'000'000'000}};

class LogFolder {
 public:
  LogFolder() {
    std::string name = (fs::temp_directory_path() / "tillstorm-XXXXXX");
    path_ = mkdtemp(name.data());
  }
  ~LogFolder() { fs::remove_all(path_); }
  LogFolder(const LogFolder&) = delete;
  LogFolder& operator=(const LogFolder&) = delete;

  [[nodiscard]] std::string File(const std::string& name) const {
    return path_ / name;
  }
  [[nodiscard]] std::string Read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path_ / name).rdbuf();
    return text.str();
  }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
  }

 private:
  fs::path path_;
};

// A log whose clock is moved by hand.
struct TimedLog {
  Instant now = kMorning;
  std::unique_ptr<LogStream> log;

  explicit TimedLog(const std::string& file, uint32_t lines_per_s = 20) {
    LogStreamOptions options;
    options.file = file;
    options.lines_per_s = lines_per_s;
    options.now = [this] { return now; };
    auto opened = LogStream::Open(options);
    REQUIRE(opened.ok());
    log = std::move(*opened);
  }
};

std::vector<std::string> Texts(const LogStream& log) {
  std::vector<std::string> texts;
  for (const LogLine& line : log.Newest(1000)) texts.push_back(line.text);
  return texts;
}

TEST_CASE("A log file has one line each, with time and level", "[log_stream]") {
  const LogFolder folder;
  TimedLog timed(folder.File("log"));
  timed.log->Info("job 7 completed");
  timed.now += Micros{1'500'000};
  timed.log->Warning("two\nlines");
  timed.log->Close();
  CHECK(folder.Read("log") ==
        "2026-01-05T08:00:00Z info    log begins\n"
        "2026-01-05T08:00:00Z info    job 7 completed\n"
        "2026-01-05T08:00:01Z warning two\\x0alines\n");
}

TEST_CASE("The ring holds the newest lines, oldest first", "[log_stream]") {
  LogStreamOptions options;
  options.ring_lines = 3;
  options.now = [] { return kMorning; };
  auto log = LogStream::Open(options);
  REQUIRE(log.ok());
  for (const char* text : {"a", "b", "c", "d"}) (*log)->Info(text);
  (*log)->Warning("e");
  CHECK(Texts(**log) == std::vector<std::string>{"c", "d", "e"});
  const auto two = (*log)->Newest(2);
  REQUIRE(two.size() == 2);
  CHECK(two[0].text == "d");
  CHECK_FALSE(two[0].warning);
  CHECK(two[1].warning);
  CHECK(two[1].when == kMorning);
  CHECK((*log)->Newest(0).empty());
}

TEST_CASE(
    "No more lines than the rate bear the same second, the rest is "
    "counted",
    "[log_stream]") {
  TimedLog timed("", 3);
  for (int i = 0; i < 10; ++i) timed.log->Info("line");
  CHECK(Texts(*timed.log).size() == 3);
  CHECK_FALSE(timed.log->HasRoom());
  timed.log->Skip(5);
  timed.now += std::chrono::seconds(1);
  CHECK(timed.log->HasRoom());
  // The note is one of the three of its second.
  for (int i = 0; i < 4; ++i) timed.log->Info("later");
  CHECK(Texts(*timed.log) == std::vector<std::string>{"line", "line", "line",
                                                      "12 more lines", "later",
                                                      "later"});
}

TEST_CASE("What was counted is said though no line follows", "[log_stream]") {
  const LogFolder folder;
  TimedLog timed(folder.File("log"), 2);
  timed.log->Info("first");
  timed.log->Info("second");
  SECTION("to who looks later") {
    timed.now += std::chrono::seconds(1);
    CHECK(Texts(*timed.log).back() == "1 more line");
  }
  SECTION("in the file when it ends") {
    timed.log->Close();
    CHECK_THAT(folder.Read("log"), HoldsText("info    1 more line\n"));
  }
}

TEST_CASE("A log of ours is appended to", "[log_stream]") {
  const LogFolder folder;
  { TimedLog timed(folder.File("log")); }
  { TimedLog timed(folder.File("log")); }
  CHECK(folder.Read("log") ==
        "2026-01-05T08:00:00Z info    log begins\n"
        "2026-01-05T08:00:00Z info    log begins\n");
}

TEST_CASE("Nothing else is ever written to", "[log_stream]") {
  const LogFolder folder;
  folder.Write("database", "SQLite format 3");
  folder.Write("notes", "2026 was a good year, all in all");
  fs::create_symlink(folder.File("notes"), folder.File("link"));
  fs::create_directory(folder.File("folder"));
  REQUIRE(mkfifo(folder.File("pipe").c_str(), 0600) == 0);
  for (const char* name :
       {"database", "notes", "link", "folder", "pipe", "missing/log"}) {
    LogStreamOptions options;
    options.file = folder.File(name);
    const auto log = LogStream::Open(options);
    REQUIRE_FALSE(log.ok());
    CHECK(log.status().code() == StatusCode::kCannotCreate);
    CHECK_THAT(log.status().message(), HoldsText("--log"));
    CHECK_THAT(log.status().message(), HoldsText(options.file));
  }
  CHECK(folder.Read("database") == "SQLite format 3");
  CHECK(folder.Read("notes") == "2026 was a good year, all in all");
}

}  // namespace
}  // namespace tillstorm
