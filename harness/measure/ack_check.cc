#include "harness/measure/ack_check.h"

#include <fmt/format.h>

#include <chrono>

namespace tillstorm {
namespace {

// Between two looks: from the first to the sum of both.
constexpr std::chrono::milliseconds kRestMin{250};
constexpr uint64_t kRestMoreMs = 500;

}  // namespace

AckCheck::AckCheck(Backend& backend, uint64_t seed)
    : backend_(backend), random_(seed), thread_([this] { Run(); }) {}

AckCheck::~AckCheck() { (void)Stop(); }

AckCheckResult AckCheck::Stop() {
  if (thread_.joinable()) {
    stop_.Store(1);
    stop_.WakeAll();
    thread_.join();
  }
  return result_;
}

// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators", 2014): it decides when to look, not what any row holds.
uint64_t AckCheck::Random() {
  uint64_t z = random_ += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

bool AckCheck::Sleep(std::chrono::milliseconds duration) {
  const auto until = std::chrono::steady_clock::now() + duration;
  while (stop_.Load() == 0) {
    if (!stop_.WaitUntil(0, until)) break;
  }
  return stop_.Load() == 0;
}

void AckCheck::Run() {
  const auto rest = [this] {
    return kRestMin + std::chrono::milliseconds(Random() % kRestMoreMs);
  };
  while (Sleep(rest())) Look();
}

int32_t AckCheck::AnyLane() {
  const uint64_t first = Random();
  for (size_t i = 0; i < last_.size(); ++i) {
    const size_t lane = (first + i) % last_.size();
    if (last_[lane].load() > 0) return static_cast<int32_t>(lane);
  }
  return -1;
}

void AckCheck::Look() {
  const int32_t lane = AnyLane();
  if (lane < 0) return;
  // Acknowledged before the session, which shows the dataset as it is when it
  // is opened.
  const int32_t batch = last_[static_cast<size_t>(lane)].load();
  const auto session = backend_.OpenQueries();
  if (!session.ok()) {
    result_.why = session.status().message();
    return;
  }
  bool is_there = false;
  const Status status = (*session)->Query(
      fmt::format("SELECT batch FROM tillstorm_ledger WHERE lane={} AND "
                  "batch={}",
                  lane, batch),
      [&is_there](QueryRow /*row*/) {
        is_there = true;
        return false;
      });
  if (!status.ok()) {
    result_.why = status.message();
    return;
  }
  ++result_.checked;
  if (!is_there) ++result_.missing;
  checked_.store(result_.checked);
}

}  // namespace tillstorm
