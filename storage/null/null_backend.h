// NullBackend: takes everything, stores nothing. What a run onto it reaches is
// the harness's own ceiling: no engine can make it faster.
//
// Of the contract it has what needs no rows: batches of a lane are taken once
// and in order, nothing is taken after Finish() or Interrupt(). There is
// nothing to read back or to go on with, and never anything in the way of
// Create().
//
// Threads: one; sessions, those of lanes included, are independent of the
// backend and of each other.
#ifndef TILLSTORM_STORAGE_NULL_NULL_BACKEND_H_
#define TILLSTORM_STORAGE_NULL_NULL_BACKEND_H_

#include <memory>
#include <string>

#include "storage/backend.h"

namespace tillstorm {

class NullBackend : public Backend {
 public:
  Result<std::unique_ptr<Session>> Create(const CreateOptions& options,
                                          const Manifest& manifest,
                                          const Batch& fleet) override;
  // Always kBadInput.
  Result<std::unique_ptr<Session>> Continue(
      const ContinueOptions& options) override;
  Result<bool> Exists() override { return false; }
  // Always kBadInput.
  Result<std::unique_ptr<Reader>> OpenReader() override;
  [[nodiscard]] int max_lanes() const override { return kLanesMax; }
  [[nodiscard]] std::string name() const override { return "null:"; }
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_NULL_NULL_BACKEND_H_
