// Finding the process of a real server, and not taking another for it.
#include "storage/postgres/server_on_host.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "storage/postgres/postgres_backend.h"
#include "tests/support/catch.h"
#include "tests/support/postgres_proxy.h"
#include "tests/support/postgres_server.h"

namespace tillstorm {
namespace {

// A connection over TCP to this machine.
class Loopback {
 public:
  Loopback() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(listener_, any, size) == 0);
    REQUIRE(listen(listener_, 1) == 0);
    REQUIRE(getsockname(listener_, any, &size) == 0);
    REQUIRE(connect(client_, any, size) == 0);
  }
  ~Loopback() {
    close(client_);
    close(listener_);
  }
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;
  [[nodiscard]] int client() const { return client_; }

 private:
  int listener_ = socket(AF_INET, SOCK_STREAM, 0);
  int client_ = socket(AF_INET, SOCK_STREAM, 0);
};

// The first line of postmaster.pid, as PostgreSQL documents it.
int PidFileSays() {
  std::ifstream file(TestServer().directory() + "/data/postmaster.pid");
  int process = 0;
  file >> process;
  return process;
}

TEST_CASE("a server on this machine is found by its socket", "[postgres]") {
  const TestDatabase database;
  CHECK(PostgresBackend(database.target()).server_process() == PidFileSays());
}

TEST_CASE("a server on this machine is found over TCP by its backend",
          "[postgres]") {
  const TestDatabase database;
  TestConnection connection(database.conninfo());
  const int backend = PQbackendPID(connection.get());
  const Loopback loopback;
  CHECK(FindServerOnHost(loopback.client(), backend) == PidFileSays());
  // A number of another machine may be one of some process here.
  CHECK_FALSE(FindServerOnHost(loopback.client(), getpid()));
  CHECK_FALSE(FindServerOnHost(loopback.client(), 0));
}

TEST_CASE("who stands before a server is not taken for it", "[postgres]") {
  const TestDatabase database;
  const PostgresProxy proxy(TestServer().socket_folder(),
                            [](int) { return AtCommit::kPass; });
  PostgresBackend backend(database.target(proxy.conninfo()));
  REQUIRE(backend.Exists().ok());
  CHECK_FALSE(backend.server_process());
}

TEST_CASE("a server that cannot be reached is not found", "[postgres]") {
  const TestDatabase database;
  const PostgresBackend backend(database.target(" host=/nonexistent"));
  CHECK_FALSE(backend.server_process());
  CHECK_FALSE(FindServerOnHost(-1, PidFileSays()));
}

}  // namespace
}  // namespace tillstorm
