// PostgresProxy: stands between clients and a PostgreSQL server, both on unix
// sockets, and cuts a connection exactly at its COMMIT.
//
//   client --> proxy --> server
//
// It understands as much of the protocol as it takes to see a COMMIT come; all
// else is passed on as it is.
//
// Threads: one that accepts, one per connection. `at_commit` is called in those
// of connections; the rest from any.
#ifndef TILLSTORM_TESTS_SUPPORT_POSTGRES_PROXY_H_
#define TILLSTORM_TESTS_SUPPORT_POSTGRES_PROXY_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/storage/storage_fixture.h"

namespace tillstorm {

// What becomes of a COMMIT and of its connection.
enum class AtCommit : uint8_t {
  kPass,
  kLose,     // both ends hang up; the server never sees it: not committed
  kCutOff,   // the server commits; both ends hang up instead of the answer
  kHoldBack  // the client is hung up on; the server gets it at Release()
};

// Given which COMMIT of its connection it is, from 1.
using AtCommitFunction = std::function<AtCommit(int number)>;

class PostgresProxy {
 public:
  // In front of the server whose socket is in that folder.
  PostgresProxy(const std::string& server_folder, AtCommitFunction at_commit);
  ~PostgresProxy();  // hangs up on everybody
  PostgresProxy(const PostgresProxy&) = delete;
  PostgresProxy& operator=(const PostgresProxy&) = delete;

  // Settings of libpq that lead here; to follow those that lead to the server.
  [[nodiscard]] std::string conninfo() const {
    return " host=" + folder_.path();
  }
  // Sends on what was held back. Returns when the server has it, or has hung up
  // meanwhile.
  void Release();

 private:
  class Connection;
  void Accept();

  const TestDirectory folder_;
  const std::string server_socket_;
  const AtCommitFunction at_commit_;
  const int listener_;
  std::atomic<bool> ended_{false};
  std::atomic<bool> released_{false};
  std::atomic<int> held_{0};
  std::vector<std::thread> connections_;  // of the accepting thread
  std::thread accepting_;                 // last: it uses all of the above
};

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_SUPPORT_POSTGRES_PROXY_H_
