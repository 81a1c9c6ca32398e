#include "harness/producer.h"

#include <utility>

#include "harness/core/check.h"

namespace tillstorm {

Producer::Producer(BlockPool& pool, EventQueue& queue,
                   std::unique_ptr<EventQueue::Token> token,
                   const ProducerOptions& options)
    : pool_(pool),
      queue_(queue),
      token_(std::move(token)),
      block_events_max_(options.block_events_max),
      sink_(*this, options.left_out) {
  TS_CHECK(token_ != nullptr);
  TS_CHECK(block_events_max_ > 0);
}

Producer::~Producer() {
  if (first_ != nullptr) pool_.GiveBack(first_);
  if (reserve_ != nullptr) pool_.GiveBack(reserve_);
}

QueuedBlock* Producer::FromReserve() {
  QueuedBlock* const block = reserve_;
  if (block != nullptr) reserve_ = std::exchange(block->rest, nullptr);
  return block;
}

bool Producer::BeginStep() {
  if (first_ == nullptr) {
    if (reserve_ == nullptr) reserve_ = pool_.Take();
    first_ = last_ = FromReserve();
    if (first_ == nullptr) return false;
  }
  used_before_ = last_->events.used_bytes();
  return true;
}

EventBlock* Producer::NextBlock(size_t bytes_min) {
  TS_CHECK(last_ != nullptr);
  const bool is_fresh = last_->events.events() == 0;
  if (is_fresh && last_->events.capacity_bytes() >= bytes_min) {
    return &last_->events;
  }
  // The Step goes on, or begins, in a further block. An empty one that is too
  // small for the row stays in the chain.
  QueuedBlock* more = nullptr;
  if (bytes_min <= pool_.block_bytes()) more = FromReserve();
  if (more == nullptr) more = pool_.TakeMore(bytes_min);
  last_->rest = more;
  last_ = more;
  return &more->events;
}

bool Producer::EndStep() {
  const EventBlock& block = last_->events;
  const size_t room = block.capacity_bytes() - block.used_bytes();
  const bool is_full = last_ != first_ ||
                       room < block.used_bytes() - used_before_ ||
                       block.events() >= block_events_max_;
  return is_full ? Push() : true;
}

bool Producer::EndStep(std::chrono::steady_clock::time_point due,
                       std::chrono::steady_clock::time_point begun) {
  if (const uint32_t events = sink_.step_events(); events > 0) {
    first_->stamps.push_back({events, due, begun});
  }
  return EndStep();
}

bool Producer::HandOver() {
  if (!Push()) return false;
  if (reserve_ != nullptr) pool_.GiveBack(std::exchange(reserve_, nullptr));
  return true;
}

bool Producer::Push() {
  if (first_ == nullptr) return true;
  if (last_ == first_ && first_->events.events() == 0) {
    // Its Step emitted nothing: all of it is left out.
    pool_.GiveBack(first_);
  } else {
    first_->producer = token_->number();
    first_->sequence = sequence_;
    first_->handed_over = std::chrono::steady_clock::now();
    if (!queue_.Push(*token_, first_)) return false;
    ++sequence_;
  }
  first_ = nullptr;
  last_ = nullptr;
  sink_.DropBlock();
  return true;
}

}  // namespace tillstorm
