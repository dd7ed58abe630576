// The codecs of usherd's configuration, beside those of plain_codecs.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "lib/base/log.h"
#include "lib/config/plain_codecs.h"
#include "lib/config/scalars.h"
#include "lib/config/value.h"
#include "lib/jose/alg.h"

namespace usher::config {

// A TextList in which "" is a value too.
struct TokenTypeList : TextList {
  static void Read(const Value& value, std::vector<std::string>& out);
};

struct RpcList : TextList {
  static std::string Words() { return "list of RPC names"; }
  static void Read(const Value& value, std::vector<std::string>& out);
};

struct AlgorithmList {
  static std::string Words() { return "list of algorithms"; }
  static void Read(const Value& value, jose::AlgSet& out);
  static std::string Show(jose::AlgSet algs);
};

struct Level {
  static std::string Words() { return "debug, info, warning or error"; }
  static void Read(const Value& value, base::LogLevel& out);
  static std::string Show(base::LogLevel level);
};

// Where to listen: judged again, together with the others, by checks.h.
struct Address {
  static std::string Words() { return "address"; }
  static void Read(const Value& value, std::string& out);
  static std::string Show(const std::string& address) { return address; }
};

// A file that can be read; the path is kept resolved.
struct FilePath {
  static std::string Words() { return "path"; }
  static void Read(const Value& value, std::string& out);
  static void Read(const Value& value, std::optional<std::string>& out);
  static std::string Show(const std::string&) { return ""; }
  static std::string Show(const std::optional<std::string>&) { return ""; }
};

// A file to be written, which need not be there; the path is kept resolved.
struct WritablePath {
  static std::string Words() { return "path"; }
  static void Read(const Value& value, std::optional<std::string>& out);
  static std::string Show(const std::optional<std::string>&) { return ""; }
};

// A part of a whole.
struct Share {
  static std::string Words() { return "number, 0 to 1"; }
  static void Read(const Value& value, double& out);
  static std::string Show(double share) { return ShareText(share); }
};

// A file with CA certificates; its text is kept.
struct CaFile {
  static std::string Words() { return "path"; }
  static void Read(const Value& value, std::optional<std::string>& out);
  static std::string Show(const std::optional<std::string>&) { return ""; }
};

// A duration whose bounds are the struct's owner's to check.
struct AnyDuration {
  static std::string Words() { return "duration"; }
  static void Read(const Value& value, absl::Duration& out);
  static void Read(const Value& value, std::optional<absl::Duration>& out);
  static std::string Show(absl::Duration duration);
  static std::string Show(const std::optional<absl::Duration>& duration);
};

// Bounds, both of them allowed.
struct Bounds {
  std::string least;
  std::string most;
};
std::string BoundedWords(std::string_view what, const Bounds& bounds);
void OutOfBounds(const Value& value, const Bounds& bounds);

// Of seconds.
template <int64_t kLeast, int64_t kMost>
struct DurationBetween : AnyDuration {
  static Bounds Limits() {
    return {Show(absl::Seconds(kLeast)), Show(absl::Seconds(kMost))};
  }
  static std::string Words() { return BoundedWords("duration", Limits()); }
  static void Read(const Value& value, absl::Duration& out) {
    AnyDuration::Read(value, out);
    if (out < absl::Seconds(kLeast) || out > absl::Seconds(kMost)) {
      OutOfBounds(value, Limits());
    }
  }
};

std::optional<size_t> ReadCount(const Value& value);
std::optional<size_t> ReadSize(const Value& value);

template <size_t kLeast, size_t kMost>
struct CountBetween {
  static Bounds Limits() {
    return {std::to_string(kLeast), std::to_string(kMost)};
  }
  static std::string Words() { return BoundedWords("whole number", Limits()); }
  static std::string Show(size_t count) { return std::to_string(count); }
  static void Read(const Value& value, size_t& out) {
    const auto count = ReadCount(value);
    if (!count) return;
    if (*count < kLeast || *count > kMost) OutOfBounds(value, Limits());
    out = *count;
  }
};

// Of bytes.
template <size_t kLeast, size_t kMost>
struct SizeBetween {
  static Bounds Limits() { return {SizeText(kLeast), SizeText(kMost)}; }
  static std::string Words() { return BoundedWords("size", Limits()); }
  static std::string Show(size_t bytes) { return SizeText(bytes); }
  static void Read(const Value& value, size_t& out) {
    const auto bytes = ReadSize(value);
    if (!bytes) return;
    if (*bytes < kLeast || *bytes > kMost) OutOfBounds(value, Limits());
    out = *bytes;
  }
};

}  // namespace usher::config
