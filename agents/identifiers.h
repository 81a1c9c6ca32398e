// Identifiers: unique string ids as keyed bijections of small integers. Two
// different numbers never give the same id, without looking at any other row.
//
// Forms as upstream's newest seed writes them: `SITE-XXXX-XXXX` and
// `DEVICE-XXXX-XXXX-XXXX` over 31 symbols without 0 O 1 I L, version 4 UUIDs,
// `job-` and 8 hex digits.
//
// Method: a Feistel network with 6 rounds of Philox, cycle-walked into the
// range (Black and Rogaway, "Ciphers with arbitrary finite domains", CT-RSA
// 2002).
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_IDENTIFIERS_H_
#define TILLSTORM_AGENTS_IDENTIFIERS_H_

#include <cstdint>
#include <string>

namespace tillstorm {

// Which family of ids; each has a bijection of its own.
enum class IdFamily : uint16_t {
  kSite,
  kDevice,
  kEpoch,
  kCredential,
  kAssignment,
  kLifecycleEvent,
  kIntent,
  kMac,
  kJob,
  kMessage,
  kCommand,
};

// A permutation of [0, range). REQUIRES: n < range, 2 <= range <= 2^62.
[[nodiscard]] uint64_t Permute(uint64_t seed, IdFamily family, uint64_t n,
                               uint64_t range);

[[nodiscard]] std::string SiteIdentifier(uint64_t seed, uint64_t site);
[[nodiscard]] std::string DeviceIdentifier(uint64_t seed, uint64_t device);
// A version 4 UUID; its last 62 random bits are the permutation of `n`, the
// others a keyed hash of it.
[[nodiscard]] std::string Uuid(uint64_t seed, IdFamily family, uint64_t n);
// `job-` and 8 hex digits, those of the permutation of `n`. REQUIRES: n < 2^32.
[[nodiscard]] std::string JobIdentifierOf(uint64_t seed, uint64_t n);
// A locally administered unicast address `02:xx:xx:xx:xx:xx`.
[[nodiscard]] std::string MacAddress(uint64_t seed, uint64_t device);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_IDENTIFIERS_H_
