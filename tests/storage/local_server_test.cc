#include "storage/postgres/local_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "storage/postgres/child_process.h"
#include "storage/postgres/postgres_connection.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/other_process.h"
#include "tests/support/postgres_server.h"

namespace tillstorm {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// A directory that the user of root's servers can reach.
class ReachableDirectory : public TestDirectory {
 public:
  ReachableDirectory() { chmod(path().c_str(), 0711); }
};

const ServerSettings& Settings() {
  static const auto* const settings =
      new ServerSettings(*MakeServerSettings({}));
  return *settings;
}

std::shared_ptr<LocalServer> OpenServer(const std::string& directory) {
  auto server = LocalServer::Open(directory, true, Settings());
  INFO(server.status().message());
  REQUIRE(server.ok());
  return *server;
}

// Whatever there is of a server.
struct Traces {
  pid_t process = 0;
  std::string directory;
  std::string sockets;

  explicit Traces(const LocalServer& server)
      : process(server.process()),
        directory(server.directory()),
        sockets(server.socket_folder()) {}
  // As another process told them.
  explicit Traces(const OtherProcess& other)
      : process(std::atoi(other.NextLine().c_str())),
        directory(other.NextLine()),
        sockets(other.NextLine()) {
    REQUIRE(process > 0);
  }
  void Tell(const OtherProcess& other) const {
    other.Tell(std::to_string(process));
    other.Tell(directory);
    other.Tell(sockets);
  }

  [[nodiscard]] bool runs() const { return !HasEnded(process); }
  [[nodiscard]] bool has_sockets() const {
    return fs::exists(sockets) || fs::exists(sockets + ".record");
  }
  // Whether the server and its sockets go, and of a throw-away the directory.
  // Any tillstorm that starts meanwhile may be clearing them away as well.
  [[nodiscard]] bool Go(bool with_directory) const {
    for (int tries = 0; tries < 2'000; ++tries) {
      if (!runs() && !has_sockets() &&
          !(with_directory && fs::exists(directory))) {
        return true;
      }
      std::this_thread::sleep_for(milliseconds(5));
    }
    return false;
  }
};

TEST_CASE("A test has a server and a database of its own", "[server]") {
  const TestDatabase database;
  CHECK(database.Value("SELECT count(*) FROM pg_stat_user_tables") == "0");
  CHECK(database.Value("SHOW listen_addresses").empty());
  CHECK(database.Value("SHOW server_encoding") == "UTF8");
  CHECK(database.Value("SHOW fsync") == "on");
  CHECK(database.Value("SHOW full_page_writes") == "on");
}

TEST_CASE("Only its user and root can reach a server", "[server]") {
  const Traces server(TestServer());
  for (const std::string& path : {server.sockets, server.directory + "/data"}) {
    struct stat found {};
    REQUIRE(stat(path.c_str(), &found) == 0);
    CHECK((found.st_mode & 077) == 0);
    CHECK(found.st_uid != 0);
  }
}

TEST_CASE("What is in a directory is there when its server starts again",
          "[server]") {
  const ReachableDirectory directory;
  const std::string path = directory / "pg";
  auto server = OpenServer(path);
  CHECK(server->is_owner());
  CHECK(OpenServer(path) == server);
  TestConnection(server->conninfo())
      .Sql("CREATE TABLE t (x int); INSERT INTO t VALUES (7)");
  const Traces first(*server);
  server.reset();
  CHECK_FALSE(first.runs());
  CHECK_FALSE(first.has_sockets());

  auto again = LocalServer::Open(path, false, Settings());
  REQUIRE(again.ok());
  CHECK(TestConnection((*again)->conninfo()).Value("SELECT x FROM t") == "7");
}

TEST_CASE("Who started a server waits for others who use it", "[server]") {
  const ReachableDirectory directory;
  const std::string path = directory / "pg";
  OtherProcess other([&path](OtherProcess& self) {
    auto server = *LocalServer::Open(path, true, Settings());
    Traces(*server).Tell(self);
    self.WaitForGo();
    server.reset();
    self.Tell("stopped");
  });
  const Traces theirs(other);
  auto server = OpenServer(path);
  CHECK_FALSE(server->is_owner());
  CHECK(server->process() == theirs.process);
  other.Go();
  std::this_thread::sleep_for(milliseconds(300));
  CHECK_FALSE(other.HasEnded());
  CHECK(TestConnection(server->conninfo()).Value("SELECT 1") == "1");
  server.reset();
  CHECK(other.NextLine() == "stopped");
  CHECK_FALSE(theirs.runs());
}

TEST_CASE("A throw-away server leaves nothing", "[server]") {
  auto server = LocalServer::OpenThrowAway(Settings());
  REQUIRE(server.ok());
  const Traces traces(**server);
  CHECK(traces.runs());
  server->reset();
  CHECK_FALSE(traces.runs());
  CHECK_FALSE(traces.has_sockets());
  CHECK_FALSE(fs::exists(traces.directory));
}

TEST_CASE("What a killed process left of a throw-away server is cleared away",
          "[server]") {
  OtherProcess other([](OtherProcess& self) {
    const auto server = *LocalServer::OpenThrowAway(Settings());
    Traces(*server).Tell(self);
    raise(SIGKILL);
  });
  const Traces traces(other);
  other.Wait();
  LocalServer::StopAbandoned();
  CHECK(traces.Go(/*with_directory=*/true));
}

TEST_CASE("The server of a killed process is taken over or stopped",
          "[server]") {
  const bool take_over = GENERATE(true, false);
  const ReachableDirectory directory;
  const std::string path = directory / "pg";
  OtherProcess other([&path](OtherProcess& self) {
    const auto server = *LocalServer::Open(path, true, Settings());
    Traces(*server).Tell(self);
    raise(SIGKILL);
  });
  const Traces traces(other);
  other.Wait();
  if (take_over) {
    auto server = OpenServer(path);
    CHECK(server->is_owner());
  } else {
    LocalServer::StopAbandoned();
  }
  CHECK(traces.Go(/*with_directory=*/false));
  CHECK(ServerDirectory::IsOurs(path));
}

TEST_CASE("A server that somebody uses is not taken for abandoned",
          "[server]") {
  const Traces traces(TestServer());
  LocalServer::StopAbandoned();
  CHECK(traces.runs());
}

TEST_CASE("A server that was killed starts again", "[server]") {
  const ReachableDirectory directory;
  const std::string path = directory / "pg";
  auto server = OpenServer(path);
  const Traces first(*server);
  kill(first.process, SIGKILL);
  while (first.runs()) std::this_thread::sleep_for(milliseconds(5));
  server.reset();
  REQUIRE(fs::exists(path + "/data/postmaster.pid"));
  server = OpenServer(path);
  CHECK(TestConnection(server->conninfo()).Value("SELECT 1") == "1");
}

TEST_CASE("A number that another process has now does not keep a server down",
          "[server]") {
  const ReachableDirectory directory;
  const std::string path = directory / "pg";
  OpenServer(path).reset();
  UserIdentity user = UserIdentity::Own();
  if (geteuid() == 0) REQUIRE(UserIdentity::Find("postgres", &user));
  pid_t sleeper = 0;
  REQUIRE(StartProgram({"/bin/sleep", "100"}, user, STDERR_FILENO, &sleeper) ==
          0);
  std::ofstream(path + "/data/postmaster.pid") << sleeper << "\n";
  const auto server = OpenServer(path);
  CHECK(TestConnection(server->conninfo()).Value("SELECT 1") == "1");
  kill(sleeper, SIGKILL);
  while (!HasEnded(sleeper)) std::this_thread::sleep_for(milliseconds(5));
}

TEST_CASE("StopAllNow ends the servers of this process", "[server]") {
  const ReachableDirectory directory;
  OtherProcess other([&](OtherProcess& self) {
    const auto kept = *LocalServer::Open(directory / "pg", true, Settings());
    const auto thrown_away = *LocalServer::OpenThrowAway(Settings());
    Traces(*kept).Tell(self);
    Traces(*thrown_away).Tell(self);
    LocalServer::StopAllNow();
    _exit(0);
  });
  const Traces kept(other);
  const Traces thrown_away(other);
  other.Wait();
  for (int i = 0; i < 1'000 && kept.runs(); ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  CHECK_FALSE(kept.runs());
  CHECK_FALSE(thrown_away.runs());
  CHECK_FALSE(thrown_away.has_sockets());
  CHECK_FALSE(fs::exists(thrown_away.directory));
  LocalServer::StopAbandoned();
  CHECK_FALSE(kept.has_sockets());
}

TEST_CASE("A server that cannot start says why", "[server]") {
  const ReachableDirectory directory;
  const std::string path = directory / "pg";
  OpenServer(path).reset();
  const auto server = LocalServer::Open(
      path, true, *MakeServerSettings({{"shared_buffers", "1kB"}}));
  CHECK(server.status().code() == StatusCode::kUsage);
  CHECK_THAT(server.status().message(),
             HoldsText("refuses shared_buffers=1kB of the location"));
  CHECK(OpenServer(path)->is_owner());
}

TEST_CASE("A server that cannot start with what the location says is not made",
          "[server]") {
  const ReachableDirectory directory;
  const ServerSettings settings =
      *MakeServerSettings({{"max_connections", "2"}});
  const auto server = LocalServer::Open(directory / "pg", true, settings);
  CHECK(server.status().code() == StatusCode::kUsage);
  CHECK_THAT(server.status().message(), HoldsText("max_connections=2"));
  CHECK(directory.List().empty());
  CHECK(LocalServer::OpenThrowAway(settings).status().code() ==
        StatusCode::kUsage);
}

TEST_CASE("An opening that is stopped leaves an empty directory empty",
          "[server]") {
  const ReachableDirectory directory;
  const std::string path = directory / "pg";
  fs::create_directory(path);
  const std::atomic<bool> stop{true};
  CHECK(LocalServer::Open(path, true, Settings(), &stop).status().code() ==
        StatusCode::kInterrupted);
  CHECK(fs::is_empty(path));
}

TEST_CASE("A starter that does not wait leaves the server to the last one out",
          "[server]") {
  const ReachableDirectory directory;
  const std::string path = directory / "pg";
  OtherProcess starter([&path](OtherProcess& self) {
    auto server = *LocalServer::Open(path, true, Settings());
    Traces(*server).Tell(self);
    self.WaitForGo();
    const std::atomic<bool> stop{true};
    const Status status = server->Stop(
        &stop, [&self](const std::string& sentence) { self.Tell(sentence); });
    self.Tell(std::to_string(status.exit_code()));
  });
  const Traces traces(starter);
  auto server = OpenServer(path);
  CHECK_FALSE(server->is_owner());
  starter.Go();
  CHECK_THAT(starter.NextLine(), HoldsText(path + " goes on for the others"));
  CHECK(starter.NextLine() == "130");
  starter.Wait();
  CHECK(TestConnection(server->conninfo()).Value("SELECT 1") == "1");
  server.reset();
  CHECK_FALSE(traces.runs());
  // Another tillstorm that starts may hold the record for a moment.
  LocalServer::StopAbandoned();
  CHECK(traces.Go(/*with_directory=*/false));
}

TEST_CASE("Other clients are told of before they are waited for", "[server]") {
  const bool stopped = GENERATE(true, false);
  const ReachableDirectory directory;
  const auto server = OpenServer(directory / "pg");
  TestConnection client(server->conninfo());
  std::atomic<bool> stop{stopped};
  std::vector<std::string> said;
  const Status status = server->Stop(&stop, [&](const std::string& sentence) {
    said.push_back(sentence);
    stop = true;
  });
  CHECK(status.ok());
  CHECK(said.size() == (stopped ? 0 : 1));
  if (!said.empty())
    CHECK_THAT(said[0], HoldsText("a signal disconnects them"));
  PQclear(PQexec(client.get(), "SELECT 1"));
  CHECK(PQstatus(client.get()) == CONNECTION_BAD);
}

TEST_CASE("A program that is stopped ends with all that it started",
          "[server]") {
  const std::atomic<bool> stop{true};
  const ProgramResult result =
      RunProgram({"/bin/sh", "-c", "sleep 1000 & echo $!; sleep 1000"},
                 UserIdentity::Own(), &stop);
  CHECK(result.error == 0);
  CHECK(result.stopped);
  CHECK(result.exit_code == 128 + SIGKILL);
}

TEST_CASE(
    "Without a password that is asked for the message says where one goes",
    "[server]") {
  const ReachableDirectory directory;
  const std::string path = directory / "pg";
  auto server = OpenServer(path);
  TestConnection(server->conninfo())
      .Sql("CREATE ROLE asked LOGIN PASSWORD 'canary'");
  server.reset();
  const std::string rules = path + "/data/pg_hba.conf";
  std::ofstream(rules) << "local all asked scram-sha-256\n"
                       << "local all all trust\n";
  server = OpenServer(path);
  const Status status =
      PostgresConnection::Open(
          {server->conninfo() + " user=asked passfile=/nowhere", "db", "test"},
          nullptr)
          .status();
  CHECK(status.code() == StatusCode::kPermission);
  CHECK_THAT(status.message(), HoldsText("give one in PGPASSWORD, in ~/.pgpass "
                                         "or in a service file"));
}

}  // namespace
}  // namespace tillstorm
