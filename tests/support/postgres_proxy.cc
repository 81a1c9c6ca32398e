#include "tests/support/postgres_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>

#include "storage/postgres/runtime_folder.h"

namespace tillstorm {
namespace {

constexpr int kLookMs = 20;  // how often a thread looks whether it is to end
constexpr size_t kChunk = 1UL << 16;
constexpr size_t kLengthSize = 4;

std::string SocketIn(const std::string& folder) {
  return folder + "/.s.PGSQL." + std::to_string(kServerPort);
}

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  TS_CHECK(path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

// A socket after bind() or connect(), or -1.
template <class Call>
int SocketAfter(Call call, const std::string& path) {
  const int end = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  TS_CHECK(end >= 0);
  const sockaddr_un address = AddressOf(path);
  if (call(end, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
      0) {
    return end;
  }
  close(end);
  return -1;
}

int ListenAt(const std::string& path) {
  const int end = SocketAfter(&bind, path);
  TS_CHECK(end >= 0 && listen(end, SOMAXCONN) == 0);
  return end;
}

bool IsReadable(int end, int wait_ms) {
  pollfd ready{end, POLLIN, 0};
  return poll(&ready, 1, wait_ms) > 0;
}

// False when the other side is not there any more.
bool SendAll(int end, std::string_view data) {
  while (!data.empty()) {
    const ssize_t sent = send(end, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool Receive(int end, std::string* data) {
  std::array<char, kChunk> chunk;
  const ssize_t size = recv(end, chunk.data(), chunk.size(), 0);
  if (size <= 0) return false;
  data->append(chunk.data(), static_cast<size_t>(size));
  return true;
}

size_t LengthAt(std::string_view data, size_t at) {
  size_t length = 0;
  for (size_t i = 0; i < kLengthSize; ++i) {
    length = length << 8 | static_cast<unsigned char>(data[at + i]);
  }
  return length;
}

}  // namespace

// One client's connection. The first message has no type, all others do.
class PostgresProxy::Connection {
 public:
  Connection(PostgresProxy& proxy, int client)
      : proxy_(proxy),
        client_(client),
        server_(SocketAfter(&connect, proxy.server_socket_)) {}
  ~Connection() {
    HangUpOnClient();
    if (server_ >= 0) close(server_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Serve() {
    while (server_ >= 0 && !proxy_.ended_) {
      std::array<pollfd, 2> ends = {
          {{client_, POLLIN, 0}, {server_, POLLIN, 0}}};
      if (poll(ends.data(), ends.size(), kLookMs) <= 0) continue;
      if (ends[1].revents != 0 && !PassBack()) return;
      if (ends[0].revents != 0 && !PassOn()) return;
    }
  }

 private:
  bool PassBack() const {
    std::string data;
    return Receive(server_, &data) && SendAll(client_, data);
  }

  // Whole messages, until a COMMIT is not to pass.
  bool PassOn() {
    if (!Receive(client_, &received_)) return false;
    while (const size_t size = MessageSize()) {
      const std::string message = received_.substr(0, size);
      received_.erase(0, size);
      const AtCommit what =
          IsCommit(message) ? proxy_.at_commit_(++commits_) : AtCommit::kPass;
      if (what != AtCommit::kPass) return End(what, message);
      if (!SendAll(server_, message)) return false;
      is_started_ = true;
    }
    return true;
  }

  // Of the message that `received_` begins with; 0 while it is not all there.
  [[nodiscard]] size_t MessageSize() const {
    const size_t type = is_started_ ? 1 : 0;
    if (received_.size() < type + kLengthSize) return 0;
    const size_t size = type + LengthAt(received_, type);
    return received_.size() < size ? 0 : size;
  }

  [[nodiscard]] bool IsCommit(std::string_view message) const {
    using namespace std::string_view_literals;
    return is_started_ && message ==
                              "Q\0\0\0\x0b"
                              "COMMIT\0"sv;
  }

  // False: there is nothing more to serve.
  bool End(AtCommit what, const std::string& commit) {
    if (what == AtCommit::kCutOff && SendAll(server_, commit)) AwaitAnswer();
    if (what == AtCommit::kHoldBack) HoldBack(commit);
    return false;
  }

  // Until the server is ready for more, so that it has committed.
  void AwaitAnswer() const {
    using namespace std::string_view_literals;
    std::string answer;
    while (answer.find("Z\0\0\0\x05"sv) == std::string::npos) {
      if (!Receive(server_, &answer)) return;
    }
  }

  void HoldBack(const std::string& commit) {
    ++proxy_.held_;
    HangUpOnClient();
    while (!proxy_.released_ && !proxy_.ended_) usleep(kLookMs * 1000);
    if (proxy_.released_ && SendAll(server_, commit)) AwaitAnswer();
    --proxy_.held_;
  }

  void HangUpOnClient() {
    if (client_ >= 0) close(client_);
    client_ = -1;
  }

  PostgresProxy& proxy_;
  int client_;
  const int server_;
  bool is_started_ = false;
  int commits_ = 0;
  std::string received_;  // of the client, not yet passed on
};

PostgresProxy::PostgresProxy(const std::string& server_folder,
                             AtCommitFunction at_commit)
    : server_socket_(SocketIn(server_folder)),
      at_commit_(std::move(at_commit)),
      listener_(ListenAt(SocketIn(folder_.path()))),
      accepting_([this] { Accept(); }) {}

PostgresProxy::~PostgresProxy() {
  ended_ = true;
  accepting_.join();
  for (std::thread& connection : connections_) connection.join();
  close(listener_);
}

void PostgresProxy::Release() {
  released_ = true;
  while (held_ > 0) usleep(kLookMs * 1000);
}

void PostgresProxy::Accept() {
  while (!ended_) {
    if (!IsReadable(listener_, kLookMs)) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    connections_.emplace_back(
        [this, client] { Connection(*this, client).Serve(); });
  }
}

}  // namespace tillstorm
