// Samplers: from uniform bits to shaped values, in integers only, so that every
// compiler and CPU gives the same result. Each takes its random bits as an
// argument (see stream.h) and keeps no state.
//
// Threads: pure functions and immutable tables.
#ifndef TILLSTORM_HARNESS_CORE_SAMPLER_H_
#define TILLSTORM_HARNESS_CORE_SAMPLER_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

namespace tillstorm {

// Uniform on [0, bound). Multiply-shift (Lemire 2019) without rejection: the
// bias is below bound / 2^64. REQUIRES: bound > 0.
[[nodiscard]] constexpr uint64_t UniformBelow(uint64_t bits, uint64_t bound) {
  return static_cast<uint64_t>((static_cast<unsigned __int128>(bits) * bound) >>
                               64);
}

// Uniform on [low, high], both included. REQUIRES: low <= high.
[[nodiscard]] constexpr int64_t UniformBetween(uint64_t bits, int64_t low,
                                               int64_t high) {
  return low + static_cast<int64_t>(
                   UniformBelow(bits, static_cast<uint64_t>(high - low) + 1));
}

// As UniformBetween with 32 random bits, for narrow ranges (below 2^20, or the
// bias shows).
[[nodiscard]] constexpr int64_t UniformBetween32(uint32_t bits, int64_t low,
                                                 int64_t high) {
  return low + static_cast<int64_t>((static_cast<uint64_t>(bits) *
                                     static_cast<uint64_t>(high - low + 1)) >>
                                    32);
}

// True with probability part / whole. REQUIRES: 0 < whole.
[[nodiscard]] constexpr bool Chance(uint64_t bits, uint64_t part,
                                    uint64_t whole) {
  return UniformBelow(bits, whole) < part;
}

// Categorical distribution: Vose's alias method (1991) with 32-bit thresholds,
// the table built in 128-bit integers. O(1) per draw.
class AliasTable {
 public:
  // Weights need not sum to anything. REQUIRES: not empty, sum > 0, each below
  // 2^40, at most 2^24 of them.
  explicit AliasTable(std::span<const uint64_t> weights);
  AliasTable(std::initializer_list<uint64_t> weights);

  // An index, drawn in proportion to its weight.
  [[nodiscard]] uint32_t Sample(uint64_t bits) const;
  [[nodiscard]] size_t size() const { return slots_.size(); }

 private:
  struct Slot {
    uint32_t threshold;  // below it the slot itself, else its alias
    uint32_t alias;
  };
  std::vector<Slot> slots_;
};

// Zipf: weight of rank k (from 0) proportional to 1 / (k + 1)^(s / 1000).
// REQUIRES: 1 <= n <= 2^20, 0 <= s_milli <= 4000.
[[nodiscard]] AliasTable ZipfTable(uint32_t n, uint32_t s_milli);

// A continuous distribution given by its quantile function at equally spaced
// probabilities 0, 1/(n-1), ... 1, linear between them.
class InverseCdf {
 public:
  // REQUIRES: at least two knots, not decreasing, |knot| < 2^40.
  explicit InverseCdf(std::vector<int64_t> knots);

  [[nodiscard]] int64_t Sample(uint32_t bits) const;

 private:
  std::vector<int64_t> knots_;
};

// A normal value with that mean and deviation, cut at about 4.2 deviations.
[[nodiscard]] int64_t Normal(uint32_t bits, int64_t mean, int64_t deviation);

// A log-normal factor in Q16 (65536 is 1) with median 1 and shape sigma given
// in thousandths. REQUIRES: sigma_milli <= 2000.
[[nodiscard]] int64_t LogNormalQ16(uint32_t bits, uint32_t sigma_milli);

// A waiting time with exponential distribution and that mean, cut at 22 means.
// REQUIRES: 0 <= mean < 2^40.
[[nodiscard]] int64_t Exponential(uint32_t bits, int64_t mean);

// The number of arrivals of a Poisson process that expects `mean_milli` / 1000
// of them; inverse CDF, exact to 2^-30. REQUIRES: mean_milli <= 20'000.
[[nodiscard]] uint32_t PoissonCount(uint32_t bits, uint32_t mean_milli);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_SAMPLER_H_
