// Known places: the time zone of a site that somebody else named, from the city
// in its `location`, or from its longitude.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_KNOWN_PLACES_H_
#define TILLSTORM_AGENTS_KNOWN_PLACES_H_

#include <optional>
#include <string_view>

#include "agents/scenario.h"

namespace tillstorm {

// The city that stands first in the text as words of its own, whatever their
// case, of some fifty that are known; its coordinates are left at 0.
[[nodiscard]] std::optional<Place> PlaceOfLocation(std::string_view location);

// A place in the nautical zone: whole hours, no summer time. REQUIRES:
// -180 <= longitude <= 180, in degrees, east positive.
[[nodiscard]] Place PlaceOfLongitude(double longitude);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_KNOWN_PLACES_H_
