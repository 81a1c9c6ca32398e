#include "harness/measure/storage_probe.h"

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
  CHECK_THAT(facts.status().message(), HoldsText("/nonexistent/folder"));
}

}  // namespace
}  // namespace tillstorm
