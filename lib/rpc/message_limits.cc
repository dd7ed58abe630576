#include "lib/rpc/message_limits.h"

#include <array>
#include <string>

#include "lib/base/text/strings.h"

namespace usher::rpc {
namespace {

using base::StrCat;

// https://protobuf.dev/programming-guides/encoding/#structure
enum WireType : uint32_t {
  kVarintType = 0,
  kFixed64Type = 1,
  kBytesType = 2,
  kFixed32Type = 5,
};

constexpr uint32_t TypeOf(WireForm form) {
  return form == WireForm::kVarint ? kVarintType : kBytesType;
}

constexpr size_t kMaxVarint = 10;
constexpr size_t kMaxShortVarint = 5;  // tags and lengths

// Reads from the front of a message. Each function returns false at a byte that
// no message can have there.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool AtEnd() const { return bytes_.empty(); }
  size_t left() const { return bytes_.size(); }

  bool ReadVarint(size_t longest, uint64_t& out) {
    out = 0;
    for (size_t i = 0; i < longest && i < bytes_.size(); ++i) {
      const auto byte = static_cast<uint8_t>(bytes_[i]);
      out |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
      if (byte < 0x80) {
        bytes_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  bool ReadBytes(std::string_view& out) {
    uint64_t size = 0;
    if (!ReadVarint(kMaxShortVarint, size) || size > bytes_.size()) {
      return false;
    }
    out = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return true;
  }

  bool Skip(size_t size) {
    if (size > bytes_.size()) return false;
    bytes_.remove_prefix(size);
    return true;
  }

 private:
  std::string_view bytes_;
};

class Check {
 public:
  std::optional<FieldViolation> Message(std::string_view bytes,
                                        const MessageLimits& limits) {
    Reader in(bytes);
    std::array<size_t, MessageLimits::kMostFields> counts{};
    while (!in.AtEnd()) {
      uint64_t tag = 0;
      // A tag has 29 bits of number and 3 of type.
      if (!in.ReadVarint(kMaxShortVarint, tag) || tag > UINT32_MAX ||
          tag >> 3 == 0) {
        return Malformed("");
      }
      const auto number = static_cast<uint32_t>(tag >> 3);
      const auto type = static_cast<uint32_t>(tag & 7);
      size_t index = 0;
      while (index < limits.fields.size() &&
             limits.fields[index].number != number) {
        ++index;
      }
      std::optional<FieldViolation> violation =
          index == limits.fields.size()
              ? Unknown(in, type)
              : Known(in, type, limits.fields[index], counts[index]);
      if (violation) return violation;
    }
    return std::nullopt;
  }

 private:
  static FieldViolation Malformed(std::string_view field) {
    return {std::string(field), "is not a well-formed protobuf message"};
  }

  std::optional<FieldViolation> Known(Reader& in, uint32_t type,
                                      const FieldLimit& field, size_t& count) {
    if (type != TypeOf(field.form)) {
      return FieldViolation{std::string(field.name),
                            "has another type than this field"};
    }
    if (count == field.most) return TooMany(field);
    const size_t index = count++;
    if (field.form == WireForm::kVarint) {
      uint64_t value;
      if (in.ReadVarint(kMaxVarint, value)) return std::nullopt;
      return Malformed(field.name);
    }
    std::string_view value;
    if (!in.ReadBytes(value)) return Malformed(field.name);
    if (field.form == WireForm::kBytes) return std::nullopt;
    auto violation = Message(value, *field.message);
    if (violation) {
      violation->field =
          StrCat(PathOf(field, index), violation->field.empty() ? "" : ".",
                 violation->field);
    }
    return violation;
  }

  static std::string PathOf(const FieldLimit& field, size_t index) {
    if (field.most == 1) return std::string(field.name);
    return StrCat(field.name, "[", index, "]");
  }

  static FieldViolation TooMany(const FieldLimit& field) {
    return {std::string(field.name),
            field.most == 1 ? "must be given once"
                            : StrCat("must be at most ", field.most)};
  }

  std::optional<FieldViolation> Unknown(Reader& in, uint32_t type) {
    const size_t before = in.left();
    if (!SkipUnknown(in, type)) return Malformed("");
    unknown_bytes_ += before - in.left();
    if (++unknown_ > kMaxUnknownFields || unknown_bytes_ > kMaxUnknownBytes) {
      return FieldViolation{"", StrCat("has more than ", kMaxUnknownFields,
                                       " fields or ", kMaxUnknownBytes,
                                       " bytes that this version does not "
                                       "know")};
    }
    return std::nullopt;
  }

  static bool SkipUnknown(Reader& in, uint32_t type) {
    uint64_t number;
    std::string_view bytes;
    switch (type) {
      case kVarintType:
        return in.ReadVarint(kMaxVarint, number);
      case kFixed64Type:
        return in.Skip(8);
      case kBytesType:
        return in.ReadBytes(bytes);
      case kFixed32Type:
        return in.Skip(4);
      default:  // a group, or no type at all
        return false;
    }
  }

  size_t unknown_ = 0;
  size_t unknown_bytes_ = 0;
};

}  // namespace

std::optional<FieldViolation> CheckWire(std::string_view bytes,
                                        const MessageLimits& limits) {
  return Check().Message(bytes, limits);
}

}  // namespace usher::rpc
