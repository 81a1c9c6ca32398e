#include "harness/collect_fleet.h"

#include <fmt/format.h>

#include <utility>

#include "harness/adoptable_fleet.h"
#include "harness/run_options.h"

namespace tillstorm {
namespace {

// The flags on a dataset of ours that is there.
Result<CollectFleet> ReadFleetOver(const FlagValues& flags,
                                   const Manifest& manifest,
                                   const std::string& location) {
  const auto base = Scenario::FromCanonicalJson(manifest.scenario);
  if (!base.ok()) return base.status();
  if (flags.Has("adopt")) {
    TS_RETURN_IF_ERROR(CheckAdoptFlags(flags));
    if (base->adopted == nullptr) {
      return Status(StatusCode::kBadInput,
                    fmt::format("{} is a dataset that tillstorm made itself; "
                                "leave --adopt out",
                                location));
    }
  }
  Result<Scenario> scenario = ReadScenarioOver(flags, *base);
  if (!scenario.ok()) return scenario.status();
  const Result<uint64_t> seed = ReadSeedOver(flags, manifest.seed);
  if (!seed.ok()) return seed.status();
  return CollectFleet{std::move(*scenario), *seed, {}, {}};
}

// The fleet of a database that HOMEPOT set up.
Result<CollectFleet> ReadFleetToAdopt(const FlagValues& flags, Backend& backend,
                                      const std::string& location) {
  TS_RETURN_IF_ERROR(CheckAdoptFlags(flags));
  const Result<uint64_t> seed = ReadSeed(flags);
  if (!seed.ok()) return seed.status();
  const auto reader = backend.OpenAdoptable();
  if (!reader.ok()) return reader.status();
  const auto read = [location, seed = *seed](Reader& database) {
    return ReadAdoptableFleet(database, location, seed);
  };
  const Result<AdoptableFleet> fleet = read(**reader);
  if (!fleet.ok()) return fleet.status();
  Result<Scenario> scenario = ReadScenarioOf(flags, *fleet);
  if (!scenario.ok()) return scenario.status();
  const auto adopt = [&flags, read](Reader& database) -> Result<Scenario> {
    const Result<AdoptableFleet> again = read(database);
    return again.ok() ? ReadScenarioOf(flags, *again) : again.status();
  };
  return CollectFleet{std::move(*scenario), *seed, adopt, IdleText(*fleet)};
}

}  // namespace

Result<CollectFleet> ReadCollectFleet(const FlagValues& flags, Backend& backend,
                                      const std::string& location) {
  const Result<bool> exists = backend.Exists();
  if (!exists.ok()) return exists.status();
  if (*exists) {
    const auto reader = backend.OpenReader();
    const Result<Manifest> manifest =
        reader.ok() ? (*reader)->ReadManifest() : reader.status();
    if (manifest.ok()) return ReadFleetOver(flags, *manifest, location);
    if (!flags.Has("adopt")) return manifest.status();
  }
  if (flags.Has("adopt")) return ReadFleetToAdopt(flags, backend, location);
  Result<Scenario> scenario = ReadScenario(flags);
  if (!scenario.ok()) return scenario.status();
  const Result<uint64_t> seed = ReadSeed(flags);
  if (!seed.ok()) return seed.status();
  return CollectFleet{std::move(*scenario), *seed, {}, {}};
}

}  // namespace tillstorm
