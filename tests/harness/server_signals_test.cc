// Signals that reach a tillstorm while a server of its own is made, started,
// cleared away or waited for: real programs, real servers, real signals.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "storage/postgres/local_server.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/environment.h"
#include "tests/support/other_process.h"
#include "tests/support/other_program.h"
#include "tests/support/postgres_server.h"

namespace tillstorm {
namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

// Where servers are; throw-away ones and all sockets are in a place of their
// own.
class Place {
 public:
  Place() {
    for (const TestDirectory* one : {&kept_, &temporary_}) {
      chmod(one->path().c_str(), 0711);
    }
  }
  [[nodiscard]] std::string server() const { return kept_ / "pg"; }
  [[nodiscard]] std::string temporary() const { return temporary_.path(); }
  [[nodiscard]] std::string location(bool throw_away) const {
    return throw_away ? "postgres:" : "postgres:" + server();
  }
  // A data directory that is being made.
  [[nodiscard]] bool HasPartial() const {
    Texts folders = {server()};
    for (const auto& entry : fs::directory_iterator(temporary())) {
      folders.push_back(entry.path());
    }
    return std::any_of(folders.begin(), folders.end(), [](const auto& folder) {
      return fs::exists(folder + "/data.partial/base");
    });
  }
  // Of throw-away servers, sockets and records.
  [[nodiscard]] Texts LeftOver() const {
    Texts names;
    for (const auto& entry : fs::recursive_directory_iterator(temporary())) {
      const std::string name = entry.path().filename();
      const bool is_folder =
          name.starts_with("tillstorm-") && !name.starts_with("tillstorm-pg-");
      if (!is_folder) names.push_back(entry.path());
    }
    return names;
  }

 private:
  TestDirectory kept_;
  TestDirectory temporary_;
  const Variable temporary_variable_{"TMPDIR", temporary_.path()};
  const Variable runtime_variable_{"XDG_RUNTIME_DIR", ""};
};

template <class Predicate>
[[nodiscard]] bool Until(Predicate predicate) {
  for (int tries = 0; tries < 60'000; ++tries) {
    if (predicate()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

// ThreadSanitizer of clang 14 loses a signal that comes while a thread is in
// the first blocking call of its life.
void LetItWait() {
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

pid_t ServerIn(const std::string& directory) {
  return std::atoi(ReadText(directory + "/data/postmaster.pid").c_str());
}

bool IsPending(pid_t process, int number) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("ShdPnd:")) continue;
    const uint64_t pending = std::stoull(line.substr(7), nullptr, 16);
    return (pending >> (number - 1) & 1) != 0;
  }
  return false;
}

const ServerSettings& Settings() {
  static const auto* const settings =
      new ServerSettings(*MakeServerSettings({}));
  return *settings;
}

struct Stop {
  std::string command;
  bool throw_away = false;
  int signal = SIGINT;
  int code = 130;
  std::string says;
};

TEST_CASE("A signal while a server is being made leaves nothing of it",
          "[server][signals]") {
  const auto stop = GENERATE(
      Stop{"collect", false, SIGINT, 130,
           "stopped by SIGINT; it had not begun to collect; the same command "
           "begins again\n"},
      Stop{"collect", true, SIGTERM, 143,
           "stopped by SIGTERM; it had not begun to collect; the same command "
           "begins again\n"},
      Stop{"generate", false, SIGHUP, 143,
           "stopped by SIGHUP; nothing of it was kept\n"},
      Stop{"generate", true, SIGINT, 130,
           "stopped by SIGINT; the throw-away server is not kept\n"});
  const Place place;
  OtherProgram program({stop.command, "--to", place.location(stop.throw_away)});
  REQUIRE(Until([&] { return place.HasPartial() || program.HasEnded(); }));
  LetItWait();
  program.Signal(stop.signal);
  CHECK(program.Wait() == stop.code);
  CHECK_THAT(program.errors(), HoldsText(stop.says));
  CHECK(place.LeftOver().empty());
  CHECK_FALSE(fs::exists(place.server()));
}

TEST_CASE("A second signal leaves at once what the next start clears away",
          "[server][signals]") {
  const Place place;
  OtherProgram program({"generate", "--to", "postgres:"});
  REQUIRE(Until([&] { return place.HasPartial() || program.HasEnded(); }));
  LetItWait();
  program.Signal(SIGINT);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  program.Signal(SIGINT);
  CHECK(program.Wait() == 130);
  CHECK(OtherProgram({"--version"}).Wait() == 0);
  CHECK(place.LeftOver().empty());
}

TEST_CASE("A signal while a server starts ends it and keeps its data",
          "[server][signals]") {
  const Place place;
  REQUIRE(LocalServer::Open(place.server(), true, Settings()).ok());
  const std::string data = place.server() + "/data";
  // It asks for what it should recover from, and gets no answer.
  std::ofstream(data + "/recovery.signal");
  std::ofstream(data + "/postgresql.auto.conf", std::ios::app)
      << "restore_command='touch asked; sleep 20; false'\n";
  OtherProgram program({"digest", "postgres:" + place.server()});
  REQUIRE(Until([&] { return fs::exists(data + "/asked"); }));
  const pid_t server = ServerIn(place.server());
  REQUIRE(server > 0);
  LetItWait();
  program.Signal(SIGINT);
  CHECK(program.Wait() == 130);
  CHECK_THAT(program.errors(),
             HoldsText("stopped by SIGINT; nothing was done yet\n"));
  CHECK(HasEnded(server));
  CHECK(place.LeftOver().empty());
  CHECK(fs::exists(data + "/PG_VERSION"));
}

TEST_CASE("A signal while an abandoned server is stopped leaves it to the next",
          "[server][signals]") {
  const Place place;
  OtherProcess killed([&](OtherProcess& self) {
    const auto server = *LocalServer::Open(place.server(), true, Settings());
    self.Tell(std::to_string(server->process()));
    raise(SIGKILL);
  });
  const pid_t server = std::atoi(killed.NextLine().c_str());
  REQUIRE(server > 0);
  killed.Wait();
  kill(server, SIGSTOP);  // it will take its time
  OtherProgram program({"--version"});
  REQUIRE(Until([&] { return IsPending(server, SIGINT); }));
  LetItWait();
  program.Signal(SIGTERM);
  CHECK(program.Wait() == 143);
  CHECK_THAT(program.errors(), HoldsText("stopped by SIGTERM; the next start "
                                         "clears away what a killed one left"));
  CHECK_FALSE(place.LeftOver().empty());
  kill(server, SIGCONT);
  CHECK(OtherProgram({"--version"}).Wait() == 0);
  // It may have done all but the last of its own ending when that one looks.
  CHECK(Until([&] { return HasEnded(server); }));
  CHECK(place.LeftOver().empty());
}

TEST_CASE(
    "A second signal leaves a server to others, the last of whom stops it",
    "[server][signals]") {
  const Place place;
  OtherProgram program({"collect", "--to", "postgres:" + place.server(),
                        "--devices", "2", "--dashboard", "off"});
  const auto is_ready = [&] {
    const std::string file = place.server() + "/data/postmaster.pid";
    return ReadText(file).find("ready") != std::string::npos;
  };
  REQUIRE(Until([&] { return is_ready() || program.HasEnded(); }));
  auto server = LocalServer::Open(place.server(), false, Settings());
  REQUIRE(server.ok());
  REQUIRE_FALSE((*server)->is_owner());
  const pid_t process = (*server)->process();
  const auto ask = [&](const std::string& sql) {
    return TestConnection((*server)->conninfo()).Value(sql);
  };
  REQUIRE(Until([&] {
    return ask("SELECT to_regclass('tillstorm_manifest') IS NOT NULL") == "t";
  }));
  program.Signal(SIGINT);
  REQUIRE(Until([&] {
    return program.HasEnded() ||
           program.errors().find("waiting for the other tillstorms that use") !=
               std::string::npos;
  }));
  CHECK_FALSE(program.HasEnded());
  program.Signal(SIGINT);
  CHECK(program.Wait() == 130);
  CHECK_THAT(program.errors(), HoldsText("goes on for the others that use it"));
  CHECK_THAT(program.errors(), HoldsText("the same command goes on with it"));
  CHECK(ask("SELECT 1") == "1");
  server->reset();
  CHECK(HasEnded(process));
  CHECK(place.LeftOver().empty());
}

}  // namespace
}  // namespace tillstorm
