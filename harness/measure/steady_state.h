// When a run has become steady, and what its samples are worth: the rules by
// which warm-up is cut and a rate is trusted.
//
// Input: rates of equally long intervals, in order.
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_MEASURE_STEADY_STATE_H_
#define TILLSTORM_HARNESS_MEASURE_STEADY_STATE_H_

#include <cstddef>
#include <optional>
#include <span>

namespace tillstorm {

// How many samples at the beginning are warm-up, by MSER-5 (White, Cobb and
// Spratt, "A comparison of five steady-state truncation heuristics for
// simulation", 2000): the d, in batches of five samples and within the first
// half, at which the variance of the mean of what is left, sum (y - mean)^2 /
// (n - d)^2, is least. Nothing when a cut in the second half would make it less
// than a quarter of that, which is no steady state, or when there are fewer
// than 20 samples.
[[nodiscard]] std::optional<size_t> WarmupLength(std::span<const double> rates);

// How many independent samples tell the mean as well as these do: n divided by
// the integrated autocorrelation time, by Geyer's initial positive sequence
// ("Practical Markov Chain Monte Carlo", 1992). In [1, n]; 0 for none.
[[nodiscard]] double EffectiveSamples(std::span<const double> rates);

// Least squares: change per sample. 0 for fewer than two.
[[nodiscard]] double Slope(std::span<const double> values);

[[nodiscard]] double Mean(std::span<const double> values);  // 0 for none

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_STEADY_STATE_H_
