#include "harness/collect_stretch.h"

#include <algorithm>

#include "harness/core/check.h"

namespace tillstorm {

namespace {

BlockPoolOptions ShareOf(const CollectStretchOptions& options) {
  BlockPoolOptions share = options.pool;
  share.blocks =
      std::max(1U, share.blocks / static_cast<uint32_t>(options.lanes.size()));
  return share;
}

LaneWriterOptions WriterOf(const CollectStretchOptions& options, size_t lane) {
  LaneWriterOptions writer = options.writer;
  writer.lane.lane = static_cast<int32_t>(lane);
  writer.lane.first_batch = options.lanes[lane].first_batch;
  return writer;
}

}  // namespace

CollectStretch::LanePipe::LanePipe(const CollectStretchOptions& options,
                                   size_t number)
    : pool(ShareOf(options)),
      writer(*options.lanes[number].session, queue, pool,
             WriterOf(options, number), options.lanes[number].observer,
             options.lanes[number].times) {}

CollectStretch::LanePipes CollectStretch::MakePipes(
    const CollectStretchOptions& options) {
  TS_CHECK(!options.lanes.empty());
  LanePipes lanes;
  for (size_t i = 0; i < options.lanes.size(); ++i) {
    lanes.push_back(std::make_unique<LanePipe>(options, i));
  }
  return lanes;
}

std::vector<LiveLane> CollectStretch::EndsOf(const LanePipes& lanes) {
  std::vector<LiveLane> ends;
  for (const auto& lane : lanes) ends.push_back({&lane->pool, &lane->queue});
  return ends;
}

CollectStretch::CollectStretch(const CollectStretchOptions& options,
                               FutexWord& changed)
    : lanes_(MakePipes(options)),
      host_(options.agents, options.factory, options.host, EndsOf(lanes_)),
      changed_(changed),
      writers_left_(lanes_.size()) {}

CollectStretch::~CollectStretch() {
  // Prepare() may have ended half way, with a writer and no reaper.
  if (!lanes_.front()->thread.joinable()) return;
  Drop();
  (void)Join();
}

Status CollectStretch::Prepare() {
  // These first: agents may take every thread that there is.
  for (const auto& lane : lanes_) {
    lane->thread = std::thread([this, &lane] { RunWriter(*lane); });
  }
  reaper_ = std::thread([this] { RunReaper(); });
  const Status status = host_.Prepare();
  has_host_ = status.ok();
  host_ready_.Store(1);
  host_ready_.WakeAll();
  return status;
}

void CollectStretch::Drop() {
  host_.Stop();
  for (const auto& lane : lanes_) lane->writer.RequestDrop();
}

Status CollectStretch::Join() {
  // Prepare() may have ended half way.
  host_ready_.Store(1);
  host_ready_.WakeAll();
  if (reaper_.joinable()) reaper_.join();
  for (const auto& lane : lanes_) {
    if (lane->thread.joinable()) lane->thread.join();
  }
  const MutexLock lock(mutex_);
  return writer_status_.ok() ? host_status_ : writer_status_;
}

LaneStats CollectStretch::stats() const {
  LaneStats stats;
  for (const auto& lane : lanes_) stats.Add(lane->writer.stats());
  return stats;
}

int64_t CollectStretch::pushed_rows() const {
  int64_t rows = 0;
  for (const auto& lane : lanes_) rows += lane->queue.pushed_rows();
  return rows;
}

BlockPoolStats CollectStretch::pool_stats() const {
  BlockPoolStats sum;
  for (const auto& lane : lanes_) {
    const BlockPoolStats stats = lane->pool.stats();
    sum.total += stats.total;
    sum.free += stats.free;
    sum.extra += stats.extra;
    sum.waiting += stats.waiting;
    sum.waits += stats.waits;
    sum.waited += stats.waited;
  }
  return sum;
}

Digest CollectStretch::digest() const {
  Digest digest;
  for (const auto& lane : lanes_) digest.Add(lane->writer.digest());
  return digest;
}

void CollectStretch::AddTo(CollectSnapshot* snapshot) const {
  constexpr double kEngineIsBusy = 0.7;
  constexpr std::chrono::milliseconds kIsLate{100};
  const LaneStats stats = this->stats();
  const BlockPoolStats pool = pool_stats();
  const LatencySummary commit = SummaryOf(stats.commit);
  int64_t queued = 0;
  for (const auto& lane : lanes_) queued += lane->queue.depth().rows;
  const Pacer& pacer = host_.pacer();
  for (size_t i = 0; i < kTableCount; ++i) {
    snapshot->rows_total[i] += stats.rows[i];
    snapshot->rows_new[i] += stats.rows[i];
  }
  snapshot->batches = snapshot->batches.value_or(0) + stats.batches;
  snapshot->virtual_now = pacer.virtual_now();
  snapshot->queue_rows = queued;
  snapshot->credits_left = pool.free;
  snapshot->credits_total = pool.total;
  snapshot->batch_rows = stats.last_batch_events;
  if (stats.last_commit) snapshot->last_commit = stats.last_commit;
  snapshot->commit_p50 = commit.p50;
  snapshot->commit_p99 = commit.p99;
  snapshot->commit_max = commit.max;
  snapshot->agents_alive = host_.agents_alive();
  snapshot->agents_total = host_.agents_total();
  snapshot->lag = pacer.lag();
  const bool is_late = *snapshot->lag > kIsLate || pacer.is_max();
  snapshot->limit = stats.engine_busy > kEngineIsBusy ? CollectLimit::kEngine
                    : pool.waiting > 0                ? CollectLimit::kQueue
                    : is_late                         ? CollectLimit::kAgents
                                                      : CollectLimit::kSchedule;
}

void CollectStretch::RunWriter(LanePipe& lane) {
  const Status status = lane.writer.Run();
  if (!status.ok()) {
    const MutexLock lock(mutex_);
    if (writer_status_.ok()) writer_status_ = status;
  }
  // After an error agents have nobody to emit to.
  host_.Stop();
  if (writers_left_.fetch_sub(1) > 1) return;
  done_.store(true);
  changed_.Add(1);
  changed_.WakeAll();
}

void CollectStretch::RunReaper() {
  while (host_ready_.Load() == 0) host_ready_.Wait(0);
  if (has_host_) host_status_ = host_.Join();
  for (const auto& lane : lanes_) lane->queue.Close();
}

}  // namespace tillstorm
