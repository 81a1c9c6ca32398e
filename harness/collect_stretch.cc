#include "harness/collect_stretch.h"

namespace tillstorm {

CollectStretch::CollectStretch(const CollectStretchOptions& options,
                               Session& session, FutexWord& changed)
    : pool_(options.pool),
      host_(options.agents, options.factory, options.host, pool_, queue_),
      writer_(session, queue_, pool_, options.writer, options.observer),
      changed_(changed) {}

CollectStretch::~CollectStretch() {
  if (!writer_thread_.joinable() && !reaper_.joinable()) return;
  Drop();
  (void)Join();
}

Status CollectStretch::Prepare() {
  // These two first: agents may take every thread that there is.
  writer_thread_ = std::thread([this] { RunWriter(); });
  reaper_ = std::thread([this] { RunReaper(); });
  const Status status = host_.Prepare();
  has_host_ = status.ok();
  host_ready_.Store(1);
  host_ready_.WakeAll();
  return status;
}

void CollectStretch::Drop() {
  host_.Stop();
  writer_.RequestDrop();
}

Status CollectStretch::Join() {
  // Prepare() may have ended half way.
  host_ready_.Store(1);
  host_ready_.WakeAll();
  if (reaper_.joinable()) reaper_.join();
  if (writer_thread_.joinable()) writer_thread_.join();
  return writer_status_.ok() ? host_status_ : writer_status_;
}

void CollectStretch::AddTo(CollectSnapshot* snapshot) const {
  constexpr double kEngineIsBusy = 0.7;
  constexpr std::chrono::milliseconds kIsLate{100};
  const LaneStats stats = writer_.stats();
  const BlockPoolStats pool = pool_.stats();
  const Pacer& pacer = host_.pacer();
  for (size_t i = 0; i < kTableCount; ++i) {
    snapshot->rows_total[i] += stats.rows[i];
    snapshot->rows_new[i] += stats.rows[i];
  }
  snapshot->batches = snapshot->batches.value_or(0) + stats.batches;
  snapshot->virtual_now = pacer.virtual_now();
  snapshot->queue_rows = queue_.depth().rows;
  snapshot->credits_left = pool.free;
  snapshot->credits_total = pool.total;
  snapshot->batch_rows = stats.last_batch_events;
  if (stats.last_commit) snapshot->last_commit = stats.last_commit;
  snapshot->commit_p50 = stats.commit.p50;
  snapshot->commit_p99 = stats.commit.p99;
  snapshot->commit_max = stats.commit.max;
  snapshot->agents_alive = host_.agents_alive();
  snapshot->agents_total = host_.agents_total();
  snapshot->lag = pacer.lag();
  const bool is_late = *snapshot->lag > kIsLate || pacer.is_max();
  snapshot->limit = stats.engine_busy > kEngineIsBusy ? CollectLimit::kEngine
                    : pool.waiting > 0                ? CollectLimit::kQueue
                    : is_late                         ? CollectLimit::kAgents
                                                      : CollectLimit::kSchedule;
}

void CollectStretch::RunWriter() {
  writer_status_ = writer_.Run();
  // After an error agents have nobody to emit to.
  host_.Stop();
  done_.store(true);
  changed_.Add(1);
  changed_.WakeAll();
}

void CollectStretch::RunReaper() {
  while (host_ready_.Load() == 0) host_ready_.Wait(0);
  if (has_host_) host_status_ = host_.Join();
  queue_.Close();
}

}  // namespace tillstorm
