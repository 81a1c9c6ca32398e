#include "harness/live_host.h"

#include <fmt/format.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <limits>
#include <new>
#include <optional>
#include <utility>

#include "harness/core/check.h"
#include "harness/core/event_sink.h"
#include "harness/core/measuring.h"
#include "harness/thread_limits.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TILLSTORM_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TILLSTORM_SANITIZED 1
#endif
#endif

namespace tillstorm {
namespace {

// Measured by /proc/self/smaps over a day of all kinds of agents: device agents
// touch 20 KiB of their stack, site agents 16, traffic agents 8 to 12. With the
// rest of a runner (token, producer, malloc's share) a thread costs 22 KiB on
// top of its agents; 8,100 threads with theirs take 200 MiB, and are up in 0.6
// s on two processors.
#if defined(TILLSTORM_SANITIZED)
constexpr size_t kStackBytes = 1024 * 1024;
#else
constexpr size_t kStackBytes = 64 * 1024;
#endif

// A runner with several agents lets one of them take so many Steps in a row, if
// all of them may be taken now: its state is in the cache then.
constexpr int kStepsInARow = 32;

// A runner that is ahead of its schedule sleeps so long at least and then takes
// several Steps at once: waking for each would cost more than the Steps do. It
// is a part of the schedule lag.
constexpr std::chrono::microseconds kRestMin{500};

// Fewer wait in the kernel's own table well enough.
constexpr size_t kManyRunners = 256;

std::vector<ThreadRoom> RoomsNow(size_t stack_bytes) {
  return ThreadRooms(ReadMachine(), static_cast<int64_t>(stack_bytes));
}

Status OutOfMemory(const std::vector<ThreadRoom>& rooms) {
  std::string sentence = "out of memory for agents or their events";
  for (const ThreadRoom& room : rooms) {
    if (room.is_of_bytes) sentence += "; " + room.limit;
  }
  return {StatusCode::kSystemLimit, sentence + "; ask for fewer agents"};
}

}  // namespace

class LiveHost::Runner {
 public:
  Runner(LiveHost& host, uint32_t number) : host_(host), number_(number) {}

  void Run();
  [[nodiscard]] int64_t emitted() const {
    return emitted_.load(std::memory_order_relaxed);
  }

 private:
  using Clock = Pacer::Clock;

  // An agent that has something left to do.
  struct Due {
    Instant next;
    uint32_t agent;
    // Heaps keep the largest first.
    friend bool operator<(const Due& a, const Due& b) {
      return a.next > b.next;
    }
  };

  bool Build();
  void Work();
  // Lets the first agent of the heap act; false: this runner is done.
  bool TakeTurn();
  bool Step(Agent& agent);
  bool StampedStep(Agent& agent);
  // When the next Step is due; the clock itself without a schedule.
  [[nodiscard]] Clock::time_point DueTime() const;
  [[nodiscard]] bool IsDue() const {
    return !host_.options_.rate || DueTime() <= Clock::now();
  }
  // Sleeps until it is, or until nobody may act at `instant`.
  void AwaitDue(Instant instant);

  LiveHost& host_;
  const uint32_t number_;
  std::vector<std::unique_ptr<Agent>> agents_;
  std::vector<Due> due_;
  std::optional<Producer> producer_;
  double ns_per_event_ = 0;  // of the schedule
  int64_t events_max_ = std::numeric_limits<int64_t>::max();
  // Relaxed: one writer, shown to others.
  alignas(64) std::atomic<int64_t> emitted_{0};
};

bool LiveHost::Runner::Build() {
  const auto runners = static_cast<uint32_t>(host_.runners_.size());
  const uint32_t mine = (host_.agents_ - number_ + runners - 1) / runners;
  agents_.reserve(mine);
  due_.reserve(mine);
  for (uint32_t i = number_; i < host_.agents_; i += runners) {
    if (host_.out_of_memory_.load()) return false;
    agents_.push_back(host_.factory_(i));
    due_.push_back(
        {agents_.back()->next(), static_cast<uint32_t>(agents_.size() - 1)});
    host_.alive_.fetch_add(1);
  }
  std::make_heap(due_.begin(), due_.end());
  const LiveLane& lane = host_.lanes_[number_ % host_.lanes_.size()];
  auto token = lane.queue->NewToken();
  if (token == nullptr) throw std::bad_alloc();
  producer_.emplace(*lane.pool, *lane.queue, std::move(token),
                    host_.options_.producer);
  if (host_.options_.rate) {
    ns_per_event_ = 1e9 * runners / *host_.options_.rate;
  }
  if (host_.options_.events_max > 0) {
    events_max_ = (host_.options_.events_max + runners - 1) / runners;
  }
  return true;
}

void LiveHost::Runner::Run() {
  bool is_built = false;
  try {
    is_built = Build();
  } catch (const std::bad_alloc&) {
    host_.StopWithoutMemory();
  }
  if (host_.preparing_.Subtract(1) == 1) host_.preparing_.WakeAll();
  if (host_.pacer_.AwaitStart()) {
    try {
      if (is_built) Work();
    } catch (const std::bad_alloc&) {
      host_.StopWithoutMemory();
    }
    host_.pacer_.Leave(number_);
  }
  host_.alive_.fetch_sub(static_cast<uint32_t>(due_.size()));
  producer_.reset();
  agents_.clear();
}

void LiveHost::Runner::Work() {
  while (!due_.empty() && TakeTurn()) {
  }
  if (!producer_->HandOver()) throw std::bad_alloc();
}

bool LiveHost::Runner::TakeTurn() {
  Pacer& pacer = host_.pacer_;
  if (emitted() >= events_max_) return false;
  const Due first = due_.front();
  pacer.SetPosition(number_, first.next);
  // Its turn may come before it is due, and it be due before its turn.
  while (!IsDue() || !pacer.MayAct(first.next)) {
    AwaitDue(first.next);
    if (pacer.MayAct(first.next)) continue;
    if (!producer_->HandOver()) throw std::bad_alloc();
    if (pacer.WaitFor(number_, first.next) != Turn::kAct) return false;
  }
  Agent& agent = *agents_[first.agent];
  int steps = 0;
  const bool is_stamped = host_.options_.has_stamps;
  do {
    if (is_stamped ? !StampedStep(agent) : !Step(agent)) return false;
  } while (++steps < kStepsInARow && emitted() < events_max_ && IsDue() &&
           pacer.MayAct(agent.next()));
  std::pop_heap(due_.begin(), due_.end());
  if (agent.next() == kNever) {
    due_.pop_back();
    host_.alive_.fetch_sub(1);
  } else {
    due_.back().next = agent.next();
    std::push_heap(due_.begin(), due_.end());
  }
  return true;
}

bool LiveHost::Runner::Step(Agent& agent) {
  if (!producer_->BeginStep()) return false;
  const Instant instant = agent.next();
  host_.pacer_.RecordLateness(instant);
  EventSink& sink = producer_->sink();
  sink.BeginStep(agent.entity(), instant);
  agent.Step(sink);
  sink.EndStep();
  if (!producer_->EndStep()) throw std::bad_alloc();
  return true;
}

LiveHost::Runner::Clock::time_point LiveHost::Runner::DueTime() const {
  if (!host_.options_.rate) return Clock::now();
  const double ns = static_cast<double>(emitted()) * ns_per_event_;
  return host_.pacer_.started() +
         std::chrono::nanoseconds(static_cast<int64_t>(ns));
}

void LiveHost::Runner::AwaitDue(Instant instant) {
  if (IsDue()) return;
  if (!producer_->HandOver()) throw std::bad_alloc();
  const Clock::time_point rested = Clock::now() + kRestMin;
  host_.pacer_.SleepUntil(number_, instant, std::max(DueTime(), rested));
}

bool LiveHost::Runner::StampedStep(Agent& agent) {
  const Instant instant = agent.next();
  if (!producer_->BeginStep()) return false;
  Clock::time_point begun;
  Clock::time_point due;
  if constexpr (kIsMeasuring) {
    begun = Clock::now();
    due = host_.options_.rate ? DueTime() : begun;
  }
  EventSink& sink = producer_->sink();
  sink.BeginStep(agent.entity(), instant);
  agent.Step(sink);
  sink.EndStep();
  const int64_t events = sink.step_events();
  emitted_.store(emitted() + events, std::memory_order_relaxed);
  if (!(kIsMeasuring ? producer_->EndStep(due, begun) : producer_->EndStep())) {
    throw std::bad_alloc();
  }
  return true;
}

LiveHost::LiveHost(uint32_t agents, AgentFactory factory,
                   const LiveHostOptions& options, std::vector<LiveLane> lanes)
    : agents_(agents),
      factory_(std::move(factory)),
      options_(options),
      lanes_(std::move(lanes)),
      pacer_(options.pace, RunnersFor(agents, options.runners)) {
  TS_CHECK(agents > 0 && !lanes_.empty());
  TS_CHECK(!options.rate || *options.rate > 0);
  TS_CHECK(options.has_stamps || (!options.rate && options.events_max == 0));
  const uint32_t runners = RunnersFor(agents, options.runners);
  for (uint32_t i = 0; i < runners; ++i) {
    runners_.push_back(std::make_unique<Runner>(*this, i));
  }
}

LiveHost::~LiveHost() {
  if (threads_.empty()) return;
  Stop();
  for (const LiveLane& lane : lanes_) lane.pool->Close();
  [[maybe_unused]] const Status status = Join();
}

int64_t LiveHost::emitted() const {
  int64_t events = 0;
  for (const auto& runner : runners_) events += runner->emitted();
  return events;
}

std::chrono::nanoseconds LiveHost::runners_cpu() const {
  std::chrono::nanoseconds sum{0};
  for (const pthread_t thread : threads_) {
    clockid_t clock{};
    timespec spent{};
    if (pthread_getcpuclockid(thread, &clock) != 0 ||
        clock_gettime(clock, &spent) != 0) {
      continue;
    }
    sum += std::chrono::seconds(spent.tv_sec) +
           std::chrono::nanoseconds(spent.tv_nsec);
  }
  return sum;
}

uint32_t LiveHost::RunnersFor(uint32_t agents, uint32_t runners) {
  return runners == 0 ? agents : std::min(agents, runners);
}

size_t LiveHost::stack_bytes() const {
  return options_.stack_bytes == 0 ? kStackBytes : options_.stack_bytes;
}

void* LiveHost::ThreadMain(void* runner) {
  static_cast<Runner*>(runner)->Run();
  return nullptr;
}

int LiveHost::CreateThreads() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  TS_CHECK(pthread_attr_setstacksize(&attributes, stack_bytes()) == 0);
  // Threads inherit the mask of who makes them. Signals are for the main
  // thread.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  threads_.reserve(runners_.size());
  int error = 0;
  for (const auto& runner : runners_) {
    pthread_t thread{};
    error =
        options_.create_thread(&thread, &attributes, ThreadMain, runner.get());
    if (error != 0) break;
    threads_.push_back(thread);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return error;
}

Status LiveHost::Prepare() {
  if (runners_.size() >= kManyRunners) {
    ExpectSleepers(static_cast<uint32_t>(runners_.size()));
  }
  const auto wanted = static_cast<uint32_t>(runners_.size());
  preparing_.Store(wanted);
  if (const int error = CreateThreads(); error != 0) {
    const auto made = static_cast<uint32_t>(threads_.size());
    try {
      status_ = ThreadLimitError(wanted, made, error, RoomsNow(stack_bytes()));
      Stop();
    } catch (const std::bad_alloc&) {
      StopWithoutMemory();
    }
    return Join();
  }
  while (const uint32_t left = preparing_.Load()) preparing_.Wait(left);
  return out_of_memory_.load() ? Join() : Status::Ok();
}

void LiveHost::StopWithoutMemory() noexcept {
  out_of_memory_.store(true);
  Stop();
}

Status LiveHost::Join() {
  for (const pthread_t thread : threads_) pthread_join(thread, nullptr);
  threads_.clear();
  // Only now there is memory for a sentence.
  if (status_.ok() && out_of_memory_.load()) {
    status_ = OutOfMemory(RoomsNow(stack_bytes()));
  }
  return status_;
}

}  // namespace tillstorm
