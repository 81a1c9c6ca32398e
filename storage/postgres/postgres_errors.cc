#include "storage/postgres/postgres_errors.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tillstorm {
namespace {

constexpr size_t kSqlstateSize = 5;

template <size_t kSize>
bool IsAnyOf(std::string_view sqlstate,
             const std::array<std::string_view, kSize>& states) {
  return std::find(states.begin(), states.end(), sqlstate) != states.end();
}

// The server ends the connection, or says that it does not know.
bool LeavesDoubt(std::string_view sqlstate) {
  constexpr std::array<std::string_view, 7> kStates = {
      "40003", "25P03", "57P01", "57P02", "57P03", "57P04", "57P05"};
  return sqlstate.starts_with("08") || IsAnyOf(sqlstate, kStates);
}

// Somebody was in the way; the same batch may go through next time.
bool IsPassing(std::string_view sqlstate) {
  constexpr std::array<std::string_view, 4> kStates = {"40001", "40P01",
                                                       "55P03", "57014"};
  return IsAnyOf(sqlstate, kStates);
}

struct ClassCode {
  std::string_view prefix;
  StatusCode code;
};

// The longest prefix comes first.
constexpr std::array<ClassCode, 18> kClasses = {{
    {"25006", StatusCode::kUnavailable},   // a standby, or read-only
    {"2BP01", StatusCode::kCannotCreate},  // something depends on it
    {"42501", StatusCode::kPermission},
    {"53100", StatusCode::kIo},           // disk full
    {"53300", StatusCode::kUnavailable},  // too many connections
    {"0A", StatusCode::kUnavailable},
    {"0L", StatusCode::kPermission},
    {"0P", StatusCode::kPermission},
    {"22", StatusCode::kIntegrity},
    {"23", StatusCode::kIntegrity},
    {"28", StatusCode::kPermission},
    {"3D", StatusCode::kUnavailable},  // no such database
    {"53", StatusCode::kSystemLimit},
    {"54", StatusCode::kSystemLimit},
    {"55", StatusCode::kUnavailable},
    {"57", StatusCode::kUnavailable},
    {"58", StatusCode::kIntegrity},
    {"XX", StatusCode::kIntegrity},
}};

// Anything else says that the database is not what it should be.
StatusCode CodeOf(std::string_view sqlstate) {
  const auto* const found = std::find_if(
      kClasses.begin(), kClasses.end(), [sqlstate](const ClassCode& entry) {
        return sqlstate.starts_with(entry.prefix);
      });
  return found == kClasses.end() ? StatusCode::kBadInput : found->code;
}

}  // namespace

PostgresVerdict JudgeStatement(std::string_view sqlstate, bool is_lost) {
  if (is_lost || LeavesDoubt(sqlstate)) {
    return {StatusCode::kUnavailable, Remedy::kResolveDoubt};
  }
  if (IsPassing(sqlstate)) {
    return {StatusCode::kUnavailable, Remedy::kRetryBatch};
  }
  // Without one it was libpq that failed.
  if (sqlstate.empty()) return {StatusCode::kIo, Remedy::kStop};
  return {CodeOf(sqlstate), Remedy::kStop};
}

StatusCode JudgeConnect(std::string_view sqlstate) {
  if (sqlstate.empty() || LeavesDoubt(sqlstate)) {
    return StatusCode::kUnavailable;
  }
  return CodeOf(sqlstate);
}

bool MayConnectLater(std::string_view sqlstate) {
  return sqlstate.empty() || sqlstate == "53300" || LeavesDoubt(sqlstate);
}

std::string_view CureOf(std::string_view sqlstate) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3>
      kCures = {{
          {"25006",
           "; it is a standby or was set read-only: connect to the primary"},
          {"53100", "; make room on the server's disk and start again"},
          {"53300", "; free some, raise the limit or use fewer --lanes"},
      }};
  const auto* const found = std::find_if(
      kCures.begin(), kCures.end(),
      [sqlstate](const auto& cure) { return cure.first == sqlstate; });
  return found == kCures.end() ? std::string_view() : found->second;
}

std::string_view SqlstateIn(std::string_view message) {
  const auto is_of_sqlstate = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
  };
  constexpr std::string_view kBefore = ":  ";
  for (size_t at = message.find(kBefore); at != std::string_view::npos;
       at = message.find(kBefore, at + 1)) {
    const std::string_view rest = message.substr(at + kBefore.size());
    const std::string_view state = rest.substr(0, kSqlstateSize);
    if (rest.size() > kSqlstateSize && rest[kSqlstateSize] == ':' &&
        std::all_of(state.begin(), state.end(), is_of_sqlstate)) {
      return state;
    }
  }
  return {};
}

}  // namespace tillstorm
