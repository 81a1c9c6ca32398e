// TrafficRows: the rows of what a source of traffic does, made when it is due.
//
// Threads: one owner.
#ifndef TILLSTORM_AGENTS_TRAFFIC_ROWS_H_
#define TILLSTORM_AGENTS_TRAFFIC_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agents/requests.h"
#include "agents/traffic_due.h"
#include "agents/traffic_error.h"
#include "agents/user_session.h"
#include "agents/users.h"
#include "harness/core/event_sink.h"

namespace tillstorm {

class TrafficRows {
 public:
  // Borrows.
  explicit TrafficRows(SourceFacts& facts);

  // Emits what is due. REQUIRES: it was planned.
  void Take(const TrafficDue& due, EventSink& sink);

 private:
  [[nodiscard]] UserSession SessionAt(const TrafficDue& due);
  void TakeLogin(const TrafficDue& due, EventSink& sink);
  void TakeSignUp(const TrafficDue& due, EventSink& sink);
  void TakeSession(const TrafficDue& due, EventSink& sink);
  void TakeActivity(const UserSession& session, uint32_t i, EventSink& sink);
  void TakePageRequests(const Activity& activity, const Caller& caller,
                        EventSink& sink);
  void TakePoll(const UserSession& session, uint32_t poll, Instant at,
                EventSink& sink);
  void TakeProbe(const TrafficDue& due, EventSink& sink);
  void TakeError(const TrafficDue& due, EventSink& sink);
  void TakeJobPosted(const TrafficDue& due, EventSink& sink);
  void TakeAcknowledged(const TrafficDue& due, EventSink& sink);

  [[nodiscard]] Caller client() const;
  [[nodiscard]] TrafficError ErrorOf(const TrafficDue& due);
  [[nodiscard]] std::string_view UrlOf(const OpenPage& page);
  [[nodiscard]] Stream StreamFor(Purpose purpose) const {
    return plan_.StreamFor({EntityKind::kTraffic, facts_.source}, purpose);
  }
  void Insert(const Request& request, const Caller& caller, EventSink& sink) {
    sink.Insert(requests_.Row(request, caller));
  }

  SourceFacts& facts_;
  const Plan& plan_;
  SiteRequests requests_;
  std::vector<User> users_;
  std::string manager_email_;
  std::string client_email_;
  std::string url_;
  std::string session_id_;
  std::string extra_data_;
  std::string element_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_TRAFFIC_ROWS_H_
