// slow_writer: a collection at full speed onto a backend that stores nothing
// and takes a given time for each event. Prints events and peak memory as JSON.
//
// Goal: what a slow database costs in memory. Non-goal: a throughput to quote.
//
// usage: slow_writer NS_PER_EVENT [SPAN_S]   (4,000 devices on 100 sites, a
// thread per agent; default 300 virtual seconds)
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>

#include "harness/collect.h"
#include "storage/forwarding_session.h"
#include "storage/null/null_backend.h"

namespace tillstorm {
namespace {

constexpr Instant kStart = FromMicros(1'767'610'800'000'000);  // 2026-01-05

class SlowSession final : public ForwardingSession {
 public:
  SlowSession(std::unique_ptr<Session> session, std::chrono::nanoseconds event)
      : ForwardingSession(std::move(session)), event_(event) {}

  Status Apply(const Batch& batch) override {
    std::this_thread::sleep_for(event_ *
                                static_cast<int64_t>(batch.events.size()));
    return ForwardingSession::Apply(batch);
  }

 private:
  const std::chrono::nanoseconds event_;
};

class SlowBackend final : public Backend {
 public:
  explicit SlowBackend(std::chrono::nanoseconds event) : event_(event) {}

  Result<std::unique_ptr<Session>> Create(const CreateOptions& options,
                                          const Manifest& manifest,
                                          const Batch& fleet) override {
    auto session = null_.Create(options, manifest, fleet);
    if (!session.ok()) return session;
    return std::unique_ptr<Session>(
        std::make_unique<SlowSession>(std::move(*session), event_));
  }
  Result<std::unique_ptr<Session>> Continue(
      const ContinueOptions& options) override {
    return null_.Continue(options);
  }
  Result<bool> Exists() override { return false; }
  Result<std::unique_ptr<Reader>> OpenReader() override {
    return null_.OpenReader();
  }
  [[nodiscard]] std::string name() const override { return "slow"; }

 private:
  NullBackend null_;
  const std::chrono::nanoseconds event_;
};

int Main(int64_t ns_per_event, int64_t span_s) {
  CollectOptions options;
  options.seed = 42;
  options.scenario = StandardScenario();
  options.scenario.sites = 100;
  options.scenario.devices = 4000;
  options.scenario.traffic = 100;
  options.opening = [](std::optional<Instant>) { return kStart; };
  options.now = [] { return kStart; };
  options.span = Micros{span_s * kMicrosPerSecond};
  options.speed.max = true;
  SlowBackend backend{std::chrono::nanoseconds(ns_per_event)};
  Collection collection(options, backend);
  const Status status = collection.Run();
  if (!status.ok()) {
    std::fprintf(stderr, "slow_writer: %s\n", status.message().c_str());
    return 1;
  }
  const CollectSummary& summary = collection.summary();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double seconds =
      std::chrono::duration<double>(summary.collecting).count();
  fmt::print(
      "{{\"events\": {}, \"dropped\": {}, \"digest\": \"{}\", \"seconds\": "
      "{:.3f}, \"events_per_s\": {:.0f}, \"peak_kib\": {}}}\n",
      summary.events, summary.dropped_events, Hex(summary.total.Total()),
      seconds, static_cast<double>(summary.events) / seconds, usage.ru_maxrss);
  return 0;
}

}  // namespace
}  // namespace tillstorm

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: slow_writer NS_PER_EVENT [SPAN_S]\n");
    return 2;
  }
  return tillstorm::Main(std::atoll(argv[1]),
                         argc == 3 ? std::atoll(argv[2]) : 300);
}
