// Checks the bytes of a protobuf message before they are parsed.
//
// A parser turns two bytes on the wire (an empty element of a repeated field,
// an empty group) into up to a hundred bytes of memory. A table says how often
// each field may occur, so that what a request costs is known before anything
// is allocated for it.
//
// Where it accepts, protobuf's parser reads the same fields, as often as
// counted. It is stricter than a parser: see CheckWire().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "lib/rpc/status_details.h"

namespace usher::rpc {

struct MessageLimits;

enum class WireForm {
  kVarint,   // bool, enum, integers
  kBytes,    // string, bytes
  kMessage,  // with limits of its own
};

struct FieldLimit {
  uint32_t number;
  std::string_view name;
  WireForm form;
  size_t most;                             // 1: a field that is not repeated
  const MessageLimits* message = nullptr;  // of kMessage
};

// Made of constants: neither recursive nor with more than kMostFields fields.
struct MessageLimits {
  static constexpr size_t kMostFields = 8;

  std::span<const FieldLimit> fields;
};

// Of the whole message, nested ones included: what a newer client may send in
// addition.
inline constexpr size_t kMaxUnknownFields = 64;
inline constexpr size_t kMaxUnknownBytes = 16u << 10;

// The first place where `bytes` break a rule; nothing if there is none. Never
// quotes a value. Allocates only for the answer.
//
// Rules: the table's; the bounds of unknown fields; no groups, which no proto3
// message has; tags and lengths of at most 5 bytes and varints of at most 10;
// nothing cut short. It does not look into strings: protobuf checks UTF-8.
std::optional<FieldViolation> CheckWire(std::string_view bytes,
                                        const MessageLimits& limits);

}  // namespace usher::rpc
