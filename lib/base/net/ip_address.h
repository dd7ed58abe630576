// An IPv4 or IPv6 address as a value.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace usher::base {

// Four or sixteen bytes in network order. Immutable, compared by value.
class IpAddress {
 public:
  // Exactly the form that inet_pton(3) accepts: "192.0.2.1", "2001:db8::1"; no
  // port, no brackets, no zone, no other notation of IPv4.
  static std::optional<IpAddress> Parse(std::string_view text);
  static IpAddress V4(const std::array<uint8_t, 4>& bytes);
  static IpAddress V6(const std::array<uint8_t, 16>& bytes);

  bool is_v6() const { return is_v6_; }
  std::span<const uint8_t> bytes() const {
    return std::span(bytes_).first(is_v6_ ? 16 : 4);
  }
  // 127.0.0.0/8 or ::1.
  bool IsLoopback() const;
  // "192.0.2.1", "2001:db8::1".
  std::string Text() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  IpAddress() = default;
  std::array<uint8_t, 16> bytes_{};
  bool is_v6_ = false;
};

}  // namespace usher::base
