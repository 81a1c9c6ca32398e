#include "harness/core/sampler.h"

#include <algorithm>
#include <utility>

#include "harness/core/check.h"
#include "harness/core/fixed_math.h"

namespace tillstorm {
namespace {

using Wide = unsigned __int128;

// a * b / 2^32, rounded to nearest.
int64_t MulRoundQ32(int64_t a, int64_t b) {
  return static_cast<int64_t>((static_cast<__int128>(a) * b + (kOneQ32 >> 1)) >>
                              32);
}

}  // namespace

AliasTable::AliasTable(std::initializer_list<uint64_t> weights)
    : AliasTable(std::span<const uint64_t>(weights.begin(), weights.size())) {}

AliasTable::AliasTable(std::span<const uint64_t> weights) {
  constexpr size_t kSlotsMax = size_t{1} << 24;
  constexpr uint64_t kWeightMax = uint64_t{1} << 40;
  TS_CHECK(!weights.empty() && weights.size() <= kSlotsMax);
  const uint64_t slots = weights.size();
  uint64_t total = 0;
  for (const uint64_t weight : weights) {
    TS_CHECK(weight < kWeightMax);
    total += weight;
  }
  TS_CHECK(total > 0);

  // Each slot holds `total` parts; index i has weights[i] * slots of them to
  // give out. The bounds above keep both within 64 bits.
  std::vector<uint64_t> parts(slots);
  std::vector<uint32_t> small;
  std::vector<uint32_t> large;
  slots_.resize(slots);
  for (uint32_t i = 0; i < slots; ++i) {
    parts[i] = weights[i] * slots;
    slots_[i] = {0, i};  // full: its alias is itself
    (parts[i] < total ? small : large).push_back(i);
  }
  while (!small.empty()) {
    // Sums are exact, so whoever lacks parts finds someone who has too many.
    TS_CHECK(!large.empty());
    const uint32_t poor = small.back();
    const uint32_t rich = large.back();
    small.pop_back();
    const Wide threshold = ((Wide{parts[poor]} << 32) + total / 2) / total;
    slots_[poor] = {
        static_cast<uint32_t>(std::min<Wide>(threshold, UINT32_MAX)), rich};
    parts[rich] -= total - parts[poor];
    if (parts[rich] < total) {
      large.pop_back();
      small.push_back(rich);
    }
  }
}

uint32_t AliasTable::Sample(uint64_t bits) const {
  // The product's upper half is the slot, its lower half a uniform fraction.
  const Wide product = Wide{bits} * slots_.size();
  const auto index = static_cast<uint32_t>(product >> 64);
  const auto fraction = static_cast<uint32_t>(product >> 32);
  const Slot& slot = slots_[index];
  return fraction < slot.threshold ? index : slot.alias;
}

AliasTable ZipfTable(uint32_t n, uint32_t s_milli) {
  TS_CHECK(n >= 1 && n <= 1U << 20);
  TS_CHECK(s_milli <= 4000);
  // 2^(30 - s * log2(rank)) in Q32, cut to 39 bits: rank 1 weighs 2^39.
  std::vector<uint64_t> weights(n, 0);
  for (uint32_t i = 0; i < n; ++i) {
    const int64_t log = Log2Q32(int64_t{i + 1} << 32);
    const int64_t exponent = 30 * kOneQ32 - MulDiv(log, s_milli, 1000);
    if (exponent < -32 * kOneQ32) break;
    weights[i] = static_cast<uint64_t>(Exp2Q32(exponent)) >> 23;
  }
  return AliasTable(weights);
}

InverseCdf::InverseCdf(std::vector<int64_t> knots) : knots_(std::move(knots)) {
  constexpr int64_t kKnotEnd = int64_t{1} << 40;
  TS_CHECK(knots_.size() >= 2);
  TS_CHECK(std::is_sorted(knots_.begin(), knots_.end()));
  TS_CHECK(knots_.front() > -kKnotEnd && knots_.back() < kKnotEnd);
}

int64_t InverseCdf::Sample(uint32_t bits) const {
  const Wide position = Wide{bits} * (knots_.size() - 1);
  const auto cell = static_cast<size_t>(position >> 32);
  const auto fraction = static_cast<int64_t>(position & 0xffff'ffffU);
  return knots_[cell] + MulRoundQ32(knots_[cell + 1] - knots_[cell], fraction);
}

int64_t Normal(uint32_t bits, int64_t mean, int64_t deviation) {
  return mean + MulRoundQ32(NormalQ32(bits), deviation);
}

int64_t LogNormalQ16(uint32_t bits, uint32_t sigma_milli) {
  TS_DCHECK(sigma_milli <= 2000);
  const int64_t factor = ExpQ32(MulDiv(NormalQ32(bits), sigma_milli, 1000));
  return (factor + (1 << 15)) >> 16;
}

int64_t Exponential(uint32_t bits, int64_t mean) {
  TS_DCHECK(mean >= 0 && mean < int64_t{1} << 40);
  constexpr int64_t kLn2Q32 = 2'977'044'472;  // ln(2) * 2^32
  // -ln(u) for u = (bits + 1) / 2^32 in (0, 1].
  const int64_t means = MulRoundQ32(-Log2Q32(int64_t{bits} + 1), kLn2Q32);
  return MulRoundQ32(std::min(means, 22 * kOneQ32), mean);
}

uint32_t PoissonCount(uint32_t bits, uint32_t mean_milli) {
  TS_DCHECK(mean_milli <= 20'000);
  // Probabilities have 63 fraction bits. e^-mean is taken as 1 / e^mean, which
  // keeps 33 significant bits at a mean of 20, where e^-20 in Q32 has 4.
  const int64_t mean_q32 = MulDiv(mean_milli, kOneQ32, 1000);
  auto probability = static_cast<uint64_t>(
      (Wide{1} << 95) / static_cast<uint64_t>(ExpQ32(mean_q32)));
  const uint64_t target = uint64_t{bits} << 31;
  uint64_t cumulated = probability;
  uint32_t count = 0;
  // Ends at count 80 at the latest: there the probability has become 0.
  while (target >= cumulated && probability > 0) {
    ++count;
    const uint64_t divisor = uint64_t{1000} * count;
    probability =
        static_cast<uint64_t>(Wide{probability} * mean_milli / divisor);
    cumulated += probability;
  }
  return count;
}

}  // namespace tillstorm
