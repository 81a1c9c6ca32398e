#include "harness/measure/storage_probe.h"

#include "harness/measure/bench_session.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

TEST_CASE("A probe of the disk leaves nothing behind", "[machine]") {
  const TestDirectory directory;
  const std::atomic<bool> stop{false};
  const auto facts = ProbeStorage(directory.path(), stop);
  INFO(facts.status().message());
  REQUIRE(facts.ok());
  CHECK(facts->fsync_p50_us > 0);
  CHECK(facts->fsync_p99_us >= facts->fsync_p50_us);
  CHECK(facts->write_mib_per_s > 0);
  CHECK(directory.List().empty());
}

TEST_CASE("A stopped probe of the disk leaves nothing behind", "[machine]") {
  const TestDirectory directory;
  const std::atomic<bool> stop{true};
  CHECK(ProbeStorage(directory.path(), stop).status().code() ==
        StatusCode::kInterrupted);
  CHECK(directory.List().empty());
}

TEST_CASE("A disk that is full ends a probe, which still cleans up",
          "[machine]") {
  const TestDirectory directory;
  const FileSizeLimit limit(1'000'000);
  const std::atomic<bool> stop{false};
  const auto facts = ProbeStorage(directory.path(), stop);
  CHECK(facts.status().code() == StatusCode::kIo);
  CHECK(directory.List().empty());
}

TEST_CASE("A folder that is not there cannot be probed", "[machine]") {
  const std::atomic<bool> stop{false};
  const auto facts = ProbeStorage("/nonexistent/folder", stop);
  CHECK(facts.status().code() == StatusCode::kCannotCreate);
  CHECK_THAT(facts.status().message(),
             HoldsText("in /nonexistent/folder: No such file"));
}

TEST_CASE("A folder is checked without leaving anything in it", "[machine]") {
  const TestDirectory directory;
  CHECK(CheckFolder(directory.path()).ok());
  CHECK(directory.List().empty());
  const Status missing = CheckFolder(directory / "missing");
  CHECK(missing.code() == StatusCode::kCannotCreate);
  CHECK_THAT(missing.message(), HoldsText(directory / "missing"));
}

TEST_CASE("A dataset lies in the folder of its file or of its server",
          "[machine]") {
  const TestDirectory directory;
  const auto folder = [](const std::string& location) {
    return DatasetFolder(*ParseLocation(location));
  };
  CHECK(folder(directory / "a.db") == directory.path());
  CHECK(folder("postgres:" + directory.path()) == directory.path());
  // Not made yet: it will lie in its parent.
  CHECK(folder("postgres:" + (directory / "new")) == directory.path());
  CHECK(folder("postgres:" + (directory / "new/")) == directory.path());
  CHECK(folder("sqlite:").empty());
  CHECK(folder("postgres:").empty());
  CHECK(folder("postgresql://host/db").empty());
}

}  // namespace
}  // namespace tillstorm
