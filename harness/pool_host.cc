#include "harness/pool_host.h"

#include <algorithm>
#include <utility>

#include "agents/all_agents.h"
#include "harness/core/check.h"
#include "harness/core/fixed_math.h"

namespace tillstorm {
namespace {

constexpr int64_t kEventsPerWindow = 4096;
constexpr int64_t kWindowMinUs = kMicrosPerSecond;
constexpr int64_t kWindowMaxUs = 900 * kMicrosPerSecond;
constexpr size_t kSlicesMax = 32;
constexpr size_t kBlockBytes = 128 * 1024;

}  // namespace

Micros WindowFor(const Scenario& scenario) {
  // Per day: two events per check, and what people and services do.
  const int64_t checks = scenario.Keeps(TableId::kHealthChecks) ||
                                 scenario.Keeps(TableId::kDeviceMetrics)
                             ? kMicrosPerDay / scenario.interval.count()
                             : 0;
  const Rates& rates = scenario.rates;
  const int64_t per_site = int64_t{rates.probes} + 5 * rates.activities;
  const int64_t events =
      scenario.devices * (2 * checks + 2 * rates.outcomes_per_device) +
      scenario.site_count() * per_site + 1;
  const int64_t window = MulDiv(kMicrosPerDay, kEventsPerWindow, events);
  return Micros{std::clamp(window, kWindowMinUs, kWindowMaxUs)};
}

// Entities [first, last) of the plan: sites first, then devices, then traffic
// agents.
struct PoolHost::Slice {
  uint32_t first = 0;
  uint32_t last = 0;
  std::vector<std::unique_ptr<Agent>> agents;  // made by the first task
  int64_t next_window = 0;
  bool running = false;
};

class PoolHost::Blocks final : public BlockSource {
 public:
  explicit Blocks(PoolHost& host) : host_(host) {}

  EventBlock* NextBlock(size_t bytes_min) override {
    std::unique_ptr<EventBlock> block;
    if (bytes_min <= kBlockBytes) {
      const MutexLock lock(host_.mutex_);
      if (!host_.free_blocks_.empty()) {
        block = std::move(host_.free_blocks_.back());
        host_.free_blocks_.pop_back();
      }
    }
    if (block == nullptr) {
      block = std::make_unique<EventBlock>(std::max(bytes_min, kBlockBytes));
    }
    taken_.push_back(std::move(block));
    return taken_.back().get();
  }

  [[nodiscard]] std::vector<std::unique_ptr<EventBlock>> Take() {
    return std::move(taken_);
  }

 private:
  PoolHost& host_;
  std::vector<std::unique_ptr<EventBlock>> taken_;
};

PoolHost::PoolHost(const Plan& plan, const AgentSpan& span,
                   const PoolHostOptions& options)
    : PoolHost(
          plan, span, [span](EntityId) { return span; }, options) {}

PoolHost::PoolHost(const Plan& plan, const AgentSpan& span, AgentSpans span_of,
                   const PoolHostOptions& options)
    : plan_(plan),
      span_(span),
      span_of_(std::move(span_of)),
      options_(options),
      windows_((span.end - span.from + options.window - Micros{1}) /
               options.window) {
  TS_CHECK(options.threads >= 1 && options.windows_ahead >= 2);
  TS_CHECK(span.from < span.end);
  const uint32_t agents = AgentCount(plan);
  const size_t slices = std::min<size_t>(kSlicesMax, agents);
  {
    const MutexLock lock(mutex_);
    for (size_t i = 0; i < slices; ++i) {
      auto slice = std::make_unique<Slice>();
      slice->first = static_cast<uint32_t>(agents * i / slices);
      slice->last = static_cast<uint32_t>(agents * (i + 1) / slices);
      slices_.push_back(std::move(slice));
    }
    ring_.resize(static_cast<size_t>(options.windows_ahead));
  }
  for (uint32_t i = 0; i < options.threads; ++i) {
    workers_.emplace_back([this] { Work(); });
  }
}

PoolHost::~PoolHost() {
  RequestStop();
  for (std::thread& worker : workers_) worker.join();
}

void PoolHost::RequestStop() noexcept {
  stop_.store(true);
  // The lock orders the store before any waiter's next look.
  const MutexLock lock(mutex_);
  work_.NotifyAll();
  ready_.NotifyAll();
}

Instant PoolHost::EndOf(int64_t window) const {
  return std::min(span_.end, span_.from + options_.window * (window + 1));
}

PoolHost::Slice* PoolHost::TakeSlice() {
  const MutexLock lock(mutex_);
  for (;;) {
    if (stop_.load()) return nullptr;
    Slice* best = nullptr;
    bool all_done = true;
    for (const auto& slice : slices_) {
      if (slice->next_window >= windows_) continue;
      all_done = false;
      if (slice->running ||
          slice->next_window >= next_window_ + options_.windows_ahead) {
        continue;
      }
      if (best == nullptr || slice->next_window < best->next_window) {
        best = slice.get();
      }
    }
    if (all_done) return nullptr;
    if (best != nullptr) {
      best->running = true;
      auto& window = ring_[static_cast<size_t>(best->next_window %
                                               options_.windows_ahead)];
      if (window == nullptr) {
        window = std::make_unique<Window>();
        window->slices_left_ = slices_.size();
      }
      return best;
    }
    work_.Wait(mutex_);
  }
}

void PoolHost::Work() {
  while (Slice* slice = TakeSlice()) {
    const int64_t index = slice->next_window;
    Blocks blocks(*this);
    EventSink sink(blocks, plan_.scenario().LeftOut());
    if (slice->agents.empty()) {
      for (uint32_t i = slice->first; i < slice->last; ++i) {
        slice->agents.push_back(MakeAgent(plan_, i, span_of_));
      }
    }
    const Instant end = EndOf(index);
    for (const auto& agent : slice->agents) {
      while (agent->next() < end) {
        if (stop_.load(std::memory_order_relaxed)) return;
        sink.BeginStep(agent->entity(), agent->next());
        agent->Step(sink);
        sink.EndStep();
      }
    }
    Finish(*slice, index, blocks.Take());
  }
}

void PoolHost::Finish(Slice& slice, int64_t index,
                      std::vector<std::unique_ptr<EventBlock>> blocks) {
  Window* complete = nullptr;
  {
    const MutexLock lock(mutex_);
    Window& window =
        *ring_[static_cast<size_t>(index % options_.windows_ahead)];
    for (auto& block : blocks) window.blocks_.push_back(std::move(block));
    slice.running = false;
    ++slice.next_window;
    if (--window.slices_left_ == 0) {
      complete = &window;
      window.slices_left_ = 1;  // not ready before it is sorted
    }
    work_.NotifyOne();
  }
  if (complete == nullptr) return;
  Sort(*complete, options_.ordered);
  const MutexLock lock(mutex_);
  complete->slices_left_ = 0;
  ready_.NotifyOne();
}

void PoolHost::Sort(Window& window, bool ordered) {
  // Most comparisons end at the instant: it stands beside the pointer.
  struct Reference {
    Instant instant;
    const Event* event;
  };
  size_t count = 0;
  for (const auto& block : window.blocks_) count += block->events();
  std::vector<Reference> references;
  references.reserve(count);
  for (const auto& block : window.blocks_) {
    block->ForEach([&](const Event& event) {
      references.push_back({event.instant, &event});
      window.bytes_ += event.payload_size;
    });
  }
  if (ordered) {
    std::sort(references.begin(), references.end(),
              [](const Reference& a, const Reference& b) {
                return a.instant != b.instant ? a.instant < b.instant
                                              : Before(*a.event, *b.event);
              });
  }
  window.events_.reserve(count);
  for (const Reference& reference : references) {
    window.events_.push_back(reference.event);
  }
}

std::unique_ptr<Window> PoolHost::Next() {
  const MutexLock lock(mutex_);
  for (;;) {
    if (stop_.load() || next_window_ >= windows_) return nullptr;
    auto& window =
        ring_[static_cast<size_t>(next_window_ % options_.windows_ahead)];
    if (window != nullptr && window->slices_left_ == 0) {
      ++next_window_;
      work_.NotifyAll();
      return std::move(window);
    }
    ready_.Wait(mutex_);
  }
}

void PoolHost::Release(std::unique_ptr<Window> window) {
  for (auto& block : window->blocks_) block->Clear();
  const MutexLock lock(mutex_);
  for (auto& block : window->blocks_) {
    if (block->capacity_bytes() == kBlockBytes) {
      free_blocks_.push_back(std::move(block));
    }
  }
}

}  // namespace tillstorm
