// The bench command of tillstorm over a backend that is dishonest in one way,
// for the scripts of accept/.
//
//   bench_liar LIE bench --to ...      otherwise as tillstorm
#include <array>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "harness/command_line.h"
#include "harness/commands/commands.h"
#include "harness/stop_signal.h"
#include "storage/location.h"
#include "tests/support/lying_backend.h"

namespace tillstorm::testing {
namespace {

struct Lie {
  std::string_view name;
  LyingBackend::Wrap wrap;
  std::optional<Durability> durability;  // that it gives
};

template <class Liar>
std::unique_ptr<Session> Wrapped(std::unique_ptr<Session> session) {
  return std::make_unique<Liar>(std::move(session));
}

const std::array<Lie, 5>& Lies() {
  static const std::array<Lie, 5> lies = {{
      {"honest", Wrapped<ForwardingSession>, {}},
      {"drops-a-row", Wrapped<RowDropper>, {}},
      {"commits-late", Wrapped<LateCommitter>, {}},
      {"acknowledges-first", Wrapped<EarlyAcknowledger>, {}},
      {"synchronous-off", Wrapped<ForwardingSession>, Durability::kRelaxed},
  }};
  return lies;
}

// With the honest one in it.
class Liar final : public LyingBackend {
 public:
  Liar(std::unique_ptr<Backend> honest, const Lie& lie)
      : LyingBackend(*honest, lie.wrap, lie.durability),
        kept_(std::move(honest)) {}

 private:
  const std::unique_ptr<Backend> kept_;
};

int Run(const Lie& lie, int argc, char** argv) {
  PrepareProcess();
  const std::array<Command, 1> commands = {BenchCommand(
      [&lie](const Location& location) -> Result<std::unique_ptr<Backend>> {
        auto honest = OpenBackend(location);
        if (!honest.ok()) return honest;
        return std::unique_ptr<Backend>(
            std::make_unique<Liar>(std::move(*honest), lie));
      })};
  return RunCommandLine(commands, argc, argv);
}

}  // namespace
}  // namespace tillstorm::testing

int main(int argc, char** argv) {
  for (const auto& lie : tillstorm::testing::Lies()) {
    if (argc < 2 || lie.name != argv[1]) continue;
    return tillstorm::testing::Run(lie, argc - 1, argv + 1);
  }
  std::fputs("usage: bench_liar LIE bench --to ..., where LIE is", stderr);
  for (const auto& lie : tillstorm::testing::Lies()) {
    std::fprintf(stderr, " %s", std::string(lie.name).c_str());
  }
  std::fputs("\n", stderr);
  return 2;
}
