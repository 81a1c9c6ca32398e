#include "harness/measure/bench_options.h"

#include <map>
#include <string>
#include <utility>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

using Flags = std::map<std::string, std::string, std::less<>>;

Result<BenchCommandOptions> Read(Flags flags) {
  return ReadBenchOptions(FlagValues(std::move(flags), {}));
}

std::string Message(Flags flags) {
  const auto options = Read(std::move(flags));
  if (options.ok()) return "(accepted)";
  if (options.status().code() != StatusCode::kUsage) return "(other code)";
  return options.status().message();
}

TEST_CASE("At bulk indexes come after the rows unless told otherwise",
          "[bench_options]") {
  const auto bulk = Read({{"to", "sqlite:"}, {"durability", "bulk"}});
  REQUIRE(bulk.ok());
  CHECK(bulk->run.durability == Durability::kBulk);
  CHECK(bulk->run.indexes == IndexMode::kDeferred);
  for (const auto& [word, mode] : {std::pair{"deferred", IndexMode::kDeferred},
                                   std::pair{"inline", IndexMode::kInline},
                                   std::pair{"none", IndexMode::kNone}}) {
    const auto options =
        Read({{"to", "a.db"}, {"durability", "bulk"}, {"indexes", word}});
    REQUIRE(options.ok());
    CHECK(options->run.indexes == mode);
  }
  const auto live = Read({{"to", "sqlite:"}});
  REQUIRE(live.ok());
  CHECK(live->run.durability == Durability::kProcess);
  CHECK(live->run.indexes == IndexMode::kInline);
  CHECK(Message({{"to", "sqlite:"}, {"indexes", "deferred"}}) ==
        "--indexes is deferred, which is for generate and for bench at "
        "durability bulk; it must be inline or none");
}

TEST_CASE("Bulk is measured of SQLite files alone", "[bench_options]") {
  for (const std::string to :
       {"postgres:", "postgresql://me@db.example/fleet", "null:"}) {
    CHECK(Message({{"to", to}, {"durability", "bulk"}}) ==
          "--durability is bulk, which bench measures of SQLite files alone; "
          "for " +
              to + " it must be power or process");
  }
  CHECK(Message({{"to", "sqlite:"}, {"durability", "Bulk"}}) ==
        "--durability is 'Bulk'; it must be one of power, process, relaxed, "
        "bulk");
}

TEST_CASE("Bulk has no latencies to offer a rate for", "[bench_options]") {
  const auto message = [](const std::string& mode) {
    return "--mode is " + mode +
           ", whose latencies end with an acknowledgement, and at --durability "
           "bulk there is none before the end; it must be capacity";
  };
  CHECK(Message({{"to", "sqlite:"},
                 {"durability", "bulk"},
                 {"mode", "rate"},
                 {"rate", "1000"}}) == message("rate"));
  CHECK(Message(
            {{"to", "sqlite:"}, {"durability", "bulk"}, {"mode", "ladder"}}) ==
        message("ladder"));
  CHECK(Message({{"to", "sqlite:"},
                 {"durability", "bulk"},
                 {"mode", "capacity"}}) == "(accepted)");
}

}  // namespace
}  // namespace tillstorm
