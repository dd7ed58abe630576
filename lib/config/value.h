// A value of the file while it is being read, and the questions one can ask it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/config/files.h"
#include "lib/config/node.h"
#include "lib/config/report.h"

namespace usher::config {

// What one reading of a configuration shares.
struct Reading {
  Report& report;
  Files& files;
};

// Made on the fly and passed by reference; keeps nothing.
struct Value {
  const Node& node;
  std::string path;  // "issuers[1].audiences"
  Reading& reading;

  void Fault(std::string_view message) const {
    reading.report.Fault(path, node.line, message);
  }
  Value Element(size_t index) const {
    return {node.elements[index], base::StrCat(path, "[", index, "]"), reading};
  }
  // The path of a member: "tls.certificate".
  std::string PathOf(std::string_view key) const {
    return path.empty() ? std::string(key) : base::StrCat(path, ".", key);
  }

  // Each answers with what the value is; where it is something else, that is
  // put down as a fault.
  bool IsMapping() const;
  bool IsList() const;  // with at least one element
  // A scalar that is not empty, quoted or not, exactly as written.
  std::optional<std::string_view> Text() const;
  // A scalar without quotes; `wanted` says what it should have been.
  std::optional<std::string_view> Plain(std::string_view wanted) const;

 private:
  bool Is(Node::Kind kind, std::string_view wanted) const;
};

}  // namespace usher::config
