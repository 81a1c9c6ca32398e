#include "harness/key_reader.h"

#include <string_view>

namespace tillstorm {
namespace {

constexpr char kEsc = '\x1b';
constexpr char kBel = '\a';
constexpr char kCtrlL = '\f';

bool In(std::string_view set, char byte) {
  return set.find(byte) != std::string_view::npos;
}

bool IsKey(char byte) {
  return byte == '\t' || byte == kCtrlL || (byte >= ' ' && byte <= '~');
}

}  // namespace

std::optional<char> KeyReader::Feed(char byte) {
  const State before = state_;
  state_ = Next(before, byte);
  if (before == State::kGround && IsKey(byte)) return byte;
  return std::nullopt;
}

KeyReader::State KeyReader::Next(State state, char byte) {
  if (byte == kEsc) return State::kEscape;
  switch (state) {
    case State::kEscape:
      if (byte == '[') return State::kParameters;
      if (In("ON", byte)) return State::kOneMore;
      return In("]PX^_", byte) ? State::kString : State::kGround;
    case State::kParameters:
      return byte >= '@' && byte <= '~' ? State::kGround : state;
    case State::kString:
      return byte == kBel ? State::kGround : state;
    case State::kGround:
    case State::kOneMore:
      return State::kGround;
  }
  return State::kGround;
}

}  // namespace tillstorm
