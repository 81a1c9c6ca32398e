// WriteWindows: feeds the windows of a PoolHost to a BatchWriter, in order and
// to the end. A window is given back when all its events are committed.
//
// Threads: one, that of the writer.
#ifndef TILLSTORM_HARNESS_WRITE_WINDOWS_H_
#define TILLSTORM_HARNESS_WRITE_WINDOWS_H_

#include <atomic>
#include <functional>

#include "harness/batch_writer.h"
#include "harness/core/status.h"
#include "harness/lane_fan.h"
#include "harness/pool_host.h"

namespace tillstorm {

// `committed`, which may be empty, is called after each window in which a batch
// was committed, and at the end. kInterrupted soon after `stop` was raised.
Status WriteWindows(PoolHost& host, BatchWriter& writer,
                    const std::function<void()>& committed,
                    const std::atomic<bool>& stop);
// The same through several lanes; `committed` is called after each window.
Status WriteWindows(PoolHost& host, LaneFan& fan,
                    const std::function<void()>& committed,
                    const std::atomic<bool>& stop);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_WRITE_WINDOWS_H_
