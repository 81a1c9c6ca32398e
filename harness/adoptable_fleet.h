// AdoptableFleet: what of the fleet in a database that HOMEPOT set up takes
// part in a simulation.
//
// Rules. A device takes part when HOMEPOT runs an agent for its type
// (pos_terminal, iot_sensor), it is active, not suspended or unpaired, and its
// site takes part. A site takes part when it is active and has such a device. A
// user takes part who is active. Of all of them the string id or e-mail must be
// one that can stand in every column and text that names it
// (agents/adopted_fleet.h). Whatever does not take part stays as it is, without
// a row of telemetry.
//
// A site's time zone is that of the city in its `location` when that is known,
// else that of its longitude, else that of a place drawn by the seed. The
// operating system of a device is the one in its `config` or `os_details` when
// that is known, else drawn by the seed.
//
// Threads: one owner.
// Memory: grows with the fleet.
#ifndef TILLSTORM_HARNESS_ADOPTABLE_FLEET_H_
#define TILLSTORM_HARNESS_ADOPTABLE_FLEET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agents/adopted_fleet.h"
#include "agents/scenario.h"
#include "harness/core/status.h"
#include "storage/backend.h"

namespace tillstorm {

struct AdoptableFleet {
  std::shared_ptr<const AdoptedFleet> fleet;
  std::vector<Place> places;  // of its sites
  // How many rows do not take part.
  int64_t idle_sites = 0;
  int64_t idle_devices = 0;
  int64_t idle_users = 0;
};

// One sentence about what does not take part; empty when everything does.
[[nodiscard]] std::string IdleText(const AdoptableFleet& fleet);

// `database` is as of Backend::OpenAdoptable() and `name` what messages call
// it. kBadInput with a sentence when nothing takes part, a device's site does
// not exist, or there are more sites or devices than a scenario can have.
[[nodiscard]] Result<AdoptableFleet> ReadAdoptableFleet(Reader& database,
                                                        const std::string& name,
                                                        uint64_t seed);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_ADOPTABLE_FLEET_H_
