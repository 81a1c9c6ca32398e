#include "harness/measure/steady_state.h"

#include <algorithm>
#include <vector>

namespace tillstorm {
namespace {

constexpr size_t kBatch = 5;  // the 5 of MSER-5
constexpr size_t kSamplesMin = 4 * kBatch;
// A cut in the second half must be so much better to count, and leave so many
// batches: a few alone have a small variance by chance.
constexpr double kMuchBetter = 0.25;
constexpr size_t kLeftMin = 5;

double SumOfSquares(std::span<const double> values) {
  const double mean = Mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum;
}

// Divided by n at every lag, which keeps the sequence positive definite.
double Autocovariance(std::span<const double> values, double mean, size_t lag) {
  double sum = 0;
  for (size_t i = 0; i + lag < values.size(); ++i) {
    sum += (values[i] - mean) * (values[i + lag] - mean);
  }
  return sum / static_cast<double>(values.size());
}

}  // namespace

double Mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

std::optional<size_t> WarmupLength(std::span<const double> rates) {
  if (rates.size() < kSamplesMin) return std::nullopt;
  std::vector<double> batches;
  for (size_t i = 0; i + kBatch <= rates.size(); i += kBatch) {
    batches.push_back(Mean(rates.subspan(i, kBatch)));
  }
  const auto error = [&batches](size_t cut) {
    const std::span<const double> rest = std::span(batches).subspan(cut);
    const auto left = static_cast<double>(rest.size());
    return SumOfSquares(rest) / (left * left);
  };
  const size_t half = batches.size() / 2;
  size_t best = 0;
  for (size_t cut = 1; cut <= half; ++cut) {
    if (error(cut) < error(best)) best = cut;
  }
  for (size_t cut = half + 1; cut + kLeftMin <= batches.size(); ++cut) {
    if (error(cut) < kMuchBetter * error(best)) return std::nullopt;
  }
  return best * kBatch;
}

double EffectiveSamples(std::span<const double> rates) {
  const auto count = static_cast<double>(rates.size());
  if (rates.size() < 2) return count;
  const double mean = Mean(rates);
  const double variance = Autocovariance(rates, mean, 0);
  if (variance <= 0) return count;
  // The integrated autocorrelation time, from lag 0 on.
  double time = -1;
  for (size_t lag = 0; lag + 1 < rates.size(); lag += 2) {
    const double pair = (Autocovariance(rates, mean, lag) +
                         Autocovariance(rates, mean, lag + 1)) /
                        variance;
    if (pair <= 0) break;
    time += 2 * pair;
  }
  return std::clamp(count / std::max(time, 1.0), 1.0, count);
}

double Slope(std::span<const double> values) {
  if (values.size() < 2) return 0;
  const double mean = Mean(values);
  const double middle = static_cast<double>(values.size() - 1) / 2;
  double covariance = 0;
  double variance = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double x = static_cast<double>(i) - middle;
    covariance += x * (values[i] - mean);
    variance += x * x;
  }
  return covariance / variance;
}

}  // namespace tillstorm
