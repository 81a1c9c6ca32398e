// Measuring: whether this program keeps what makes a benchmark worth believing:
// the digest of every event, a ledger row with every batch (and the looking for
// it after its acknowledgement), when every Step was due and begun, and the
// histograms of that.
//
// It does, but for one build that shows what all of it costs: with the CMake
// option TILLSTORM_MEASURING off it is left out, and a run's rows are counted
// at its end and not compared. `--version` says so, every benchmark is INVALID
// (verdict.h), and what such a program writes is no dataset to keep.
#ifndef TILLSTORM_HARNESS_CORE_MEASURING_H_
#define TILLSTORM_HARNESS_CORE_MEASURING_H_

namespace tillstorm {

#if defined(TILLSTORM_NOT_MEASURING)
inline constexpr bool kIsMeasuring = false;
#else
inline constexpr bool kIsMeasuring = true;
#endif

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_MEASURING_H_
