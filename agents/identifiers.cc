#include "agents/identifiers.h"

#include <bit>
#include <cstddef>
#include <string_view>

#include "harness/core/check.h"
#include "harness/core/event.h"
#include "harness/core/stream.h"

namespace tillstorm {
namespace {

constexpr unsigned kRounds = 6;
// Purposes from here on, on the fleet's own entity, are taken by id families.
constexpr uint16_t kPurposeBase = 0xff00;
// The `day` of the draws that are plain hashes; rounds use the days from 0.
constexpr int64_t kHashDay = -1;

constexpr std::string_view kSymbols = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
static_assert(kSymbols.size() == 31);
constexpr uint64_t kGroup =
    uint64_t{31} * 31 * 31 * 31;  // ids of one group XXXX

Stream FamilyStream(uint64_t seed, IdFamily family) {
  return Stream(
      seed, StreamPhase::kDataset, EntityId(EntityKind::kFleet, 0),
      static_cast<uint16_t>(kPurposeBase + static_cast<uint16_t>(family)));
}

constexpr uint64_t LowBits(int count) { return (uint64_t{1} << count) - 1; }

// A permutation of the numbers of `bits` bits: an alternating Feistel network,
// whose halves may differ in width by one. REQUIRES: bits <= 62.
uint64_t Feistel(const Stream& stream, int bits, uint64_t n) {
  const int low_bits = (bits + 1) / 2;
  const uint64_t high_mask = LowBits(bits - low_bits);
  const uint64_t low_mask = LowBits(low_bits);
  uint64_t low = n & low_mask;
  uint64_t high = n >> low_bits;
  for (unsigned round = 0; round < kRounds; round += 2) {
    high ^= stream.At(round, low).u64(0) & high_mask;
    low ^= stream.At(round + 1, high).u64(0) & low_mask;
  }
  return high << low_bits | low;
}

// The last `digits` symbols of `value` in base 31, in groups of four.
std::string Grouped(std::string_view prefix, uint64_t value, size_t digits) {
  std::string id(prefix);
  const size_t begin = id.size();
  id.resize(begin + digits / 4 * 5, '-');
  for (size_t i = digits; i-- > 0; value /= kSymbols.size()) {
    id[begin + 1 + i / 4 * 5 + i % 4] = kSymbols[value % kSymbols.size()];
  }
  return id;
}

void PutHex(uint64_t value, size_t digits, char* out) {
  for (size_t i = digits; i-- > 0; value >>= 4) {
    out[i] = "0123456789abcdef"[value & 15];
  }
}

}  // namespace

uint64_t Permute(uint64_t seed, IdFamily family, uint64_t n, uint64_t range) {
  TS_DCHECK(range >= 2 && range <= uint64_t{1} << 62);
  TS_DCHECK(n < range);
  const Stream stream = FamilyStream(seed, family);
  const auto bits = static_cast<int>(std::bit_width(range - 1));
  // Fewer than two turns on average. It ends: the walk goes along a cycle of
  // the larger permutation, and n itself lies on it.
  do {
    n = Feistel(stream, bits, n);
  } while (n >= range);
  return n;
}

std::string SiteIdentifier(uint64_t seed, uint64_t site) {
  return Grouped("SITE", Permute(seed, IdFamily::kSite, site, kGroup * kGroup),
                 8);
}

std::string DeviceIdentifier(uint64_t seed, uint64_t device) {
  return Grouped(
      "DEVICE",
      Permute(seed, IdFamily::kDevice, device, kGroup * kGroup * kGroup), 12);
}

std::string Uuid(uint64_t seed, IdFamily family, uint64_t n) {
  constexpr int kUniqueBits = 62;
  const uint64_t unique = Permute(seed, family, n, uint64_t{1} << kUniqueBits);
  const uint64_t others = FamilyStream(seed, family).At(kHashDay, n).u64(0);
  // RFC 4122: version 4 in the upper half, variant 10 in the lower.
  const uint64_t upper = (others & ~uint64_t{0xf000}) | 0x4000;
  const uint64_t lower = uint64_t{1} << 63 | unique;
  std::string id(36, '-');
  PutHex(upper >> 32, 8, id.data());
  PutHex(upper >> 16, 4, id.data() + 9);
  PutHex(upper, 4, id.data() + 14);
  PutHex(lower >> 48, 4, id.data() + 19);
  PutHex(lower, 12, id.data() + 24);
  return id;
}

std::string JobIdentifierOf(uint64_t seed, uint64_t n) {
  std::string id = "job-00000000";
  PutHex(Permute(seed, IdFamily::kJob, n, uint64_t{1} << 32), 8, id.data() + 4);
  return id;
}

std::string MacAddress(uint64_t seed, uint64_t device) {
  constexpr size_t kBytes = 5;
  const uint64_t unique =
      Permute(seed, IdFamily::kMac, device, uint64_t{1} << (8 * kBytes));
  std::string id = "02:00:00:00:00:00";
  for (size_t i = 0; i < kBytes; ++i) {
    PutHex(unique >> (8 * (kBytes - 1 - i)), 2, id.data() + 3 * (i + 1));
  }
  return id;
}

}  // namespace tillstorm
