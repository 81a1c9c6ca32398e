#include "storage/postgres/server_on_host.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

namespace tillstorm {
namespace {

// Of proc(5), such as `comm`; empty when there is no such process.
std::string ReadLineOf(int process, const char* file) {
  std::ifstream in("/proc/" + std::to_string(process) + "/" + file);
  std::string line;
  std::getline(in, line);
  return line;
}

bool IsPostgres(int process) {
  return process > 0 && ReadLineOf(process, "comm") == "postgres";
}

// `1234 (postgres) S 1200 ...`
int ParentOf(int process) {
  const std::string line = ReadLineOf(process, "stat");
  const size_t name_end = line.rfind(") ");
  if (name_end == std::string::npos) return 0;
  const size_t state_end = name_end + 3;
  return std::atoi(line.c_str() + state_end);
}

// An address of this machine is the same at both ends.
bool IsSameHost(const sockaddr_storage& a, const sockaddr_storage& b) {
  if (a.ss_family != b.ss_family) return false;
  if (a.ss_family == AF_INET) {
    return reinterpret_cast<const sockaddr_in&>(a).sin_addr.s_addr ==
           reinterpret_cast<const sockaddr_in&>(b).sin_addr.s_addr;
  }
  return a.ss_family == AF_INET6 &&
         std::memcmp(&reinterpret_cast<const sockaddr_in6&>(a).sin6_addr,
                     &reinterpret_cast<const sockaddr_in6&>(b).sin6_addr,
                     sizeof(in6_addr)) == 0;
}

}  // namespace

std::optional<int> FindServerOnHost(int socket, int backend) {
  sockaddr_storage peer{};
  sockaddr_storage own{};
  socklen_t size = sizeof(peer);
  socklen_t own_size = sizeof(own);
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) != 0 ||
      getsockname(socket, reinterpret_cast<sockaddr*>(&own), &own_size) != 0) {
    return std::nullopt;
  }
  int server = 0;
  if (peer.ss_family == AF_UNIX) {
    // unix(7): of who listens, not of who accepted.
    ucred listener{};
    size = sizeof(listener);
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &listener, &size) == 0) {
      server = listener.pid;
    }
  } else if (IsSameHost(peer, own) && IsPostgres(backend)) {
    server = ParentOf(backend);
  }
  return IsPostgres(server) ? std::optional(server) : std::nullopt;
}

}  // namespace tillstorm
