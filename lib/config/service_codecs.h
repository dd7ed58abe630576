// Codecs for the types that only usherd's configuration uses. See also
// lib/yaml/codecs.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/log.h"
#include "lib/jose/alg.h"
#include "lib/yaml/codecs.h"

namespace usher::config {

// A text list in which "" is a valid value.
struct TokenTypeList : yaml::TextList {
  static void Read(const yaml::Value& value, std::vector<std::string>& out);
};

struct RpcList : yaml::TextList {
  static std::string TypeName() { return "list of RPC names"; }
  static void Read(const yaml::Value& value, std::vector<std::string>& out);
};

struct AlgorithmList {
  static std::string TypeName();
  static void Read(const yaml::Value& value, jose::AlgSet& out);
  static std::string Format(jose::AlgSet algs);
};

struct LogLevelName {
  static std::string TypeName() { return "debug, info, warning or error"; }
  static void Read(const yaml::Value& value, base::LogLevel& out);
  static std::string Format(base::LogLevel level);
};

// An address to listen on. cross_checks.h compares it with the others.
struct Address {
  static std::string TypeName() { return "address"; }
  static void Read(const yaml::Value& value, std::string& out);
  static std::string Format(const std::string& address) { return address; }
};

// A path without a default.
struct Path {
  static std::string TypeName() { return "path"; }
  static std::string Format(const std::string&) { return ""; }
  static std::string Format(const std::optional<std::string>&) { return ""; }
};

// A file that must be readable. Stores the resolved path.
struct ReadablePath : Path {
  static void Read(const yaml::Value& value, std::string& out);
  static void Read(const yaml::Value& value, std::optional<std::string>& out);
};

// A file to write, which need not exist. Stores the resolved path.
struct WritablePath : Path {
  static void Read(const yaml::Value& value, std::optional<std::string>& out);
};

// A number or size without a default: Optional<SizeBetween<...>>.
template <typename Codec>
struct Optional : Codec {
  static std::string Format(std::optional<size_t>) { return ""; }
  static void Read(const yaml::Value& value, std::optional<size_t>& out) {
    size_t number = 1;
    Codec::Read(value, number);
    out = number;
  }
};

// A file with CA certificates. Stores its content.
struct CaFile : Path {
  static void Read(const yaml::Value& value, std::optional<std::string>& out);
};

}  // namespace usher::config
