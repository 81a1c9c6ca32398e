// Stream: counter-based random numbers. Draw (day, index) of a stream is one
// Philox4x64-10 block, computed alone in about 10 ns; nothing is sequential.
//
// A stream is keyed by (seed, phase, entity, purpose):
//   key[0]     = seed
//   key[1]     = phase << 56 | purpose << 40 | entity (EntityId::value)
//   counter[0] = index, counter[1] = day (two's complement), [2] = [3] = 0
//
// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011; Random123's implementation. NumPy's Philox with the same key and a
// counter one lower yields the same words (it increments first).
//
// Threads: immutable values.
#ifndef TILLSTORM_HARNESS_CORE_STREAM_H_
#define TILLSTORM_HARNESS_CORE_STREAM_H_

#include <Random123/philox.h>

#include <array>
#include <cstdint>

#include "harness/core/event.h"

namespace tillstorm {

// What a run does with its draws; each phase has streams of its own, so that no
// phase repeats another's data.
enum class StreamPhase : uint8_t { kDataset = 0, kBench = 1 };

// 256 random bits.
class Draw {
 public:
  explicit Draw(const std::array<uint64_t, 4>& words) : words_(words) {}

  // REQUIRES: i < 4.
  [[nodiscard]] uint64_t u64(unsigned i) const { return words_[i]; }
  // The same bits as eight words. REQUIRES: i < 8.
  [[nodiscard]] uint32_t u32(unsigned i) const {
    return static_cast<uint32_t>(words_[i / 2] >> (i % 2 * 32));
  }

 private:
  std::array<uint64_t, 4> words_;
};

class Stream {
 public:
  // `purpose` tells the draws of one entity apart; each use has its own number.
  Stream(uint64_t seed, StreamPhase phase, EntityId entity, uint16_t purpose)
      : key_{seed, static_cast<uint64_t>(phase) << 56 |
                       static_cast<uint64_t>(purpose) << 40 | entity.value} {}

  [[nodiscard]] Draw At(int64_t day, uint64_t index) const {
    const r123::Philox4x64::ctr_type counter{
        {index, static_cast<uint64_t>(day), 0, 0}};
    const r123::Philox4x64::key_type key{{key_[0], key_[1]}};
    const auto words = r123::Philox4x64()(counter, key);
    return Draw({words[0], words[1], words[2], words[3]});
  }

 private:
  std::array<uint64_t, 2> key_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_STREAM_H_
