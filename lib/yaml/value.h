// A value of a YAML file while it is being read, and where it stands.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/yaml/files.h"
#include "lib/yaml/node.h"
#include "lib/yaml/report.h"

namespace usher::yaml {

// Shared by all values of one file.
struct Reading {
  Report& report;
  Files& files;
};

// A view: the node and the reading must outlive it.
struct Value {
  const Node& node;
  std::string path;  // "issuers[1].audiences"
  Reading& reading;

  void AddError(std::string_view message) const {
    reading.report.AddError(path, node.line, message);
  }
  Value Element(size_t index) const {
    return {node.elements[index], base::StrCat(path, "[", index, "]"), reading};
  }
  // The path of a member: "tls.certificate".
  std::string PathOf(std::string_view key) const {
    return path.empty() ? std::string(key) : base::StrCat(path, ".", key);
  }

  // Each of these adds an error if the value is of another kind.
  bool IsMapping() const;
  bool IsNonEmptyList() const;
  // A scalar that is not empty, quoted or not, exactly as written.
  std::optional<std::string_view> Text() const;
  // A scalar without quotes. `expected` describes the values in the error.
  std::optional<std::string_view> UnquotedText(std::string_view expected) const;

 private:
  bool Is(Node::Kind kind, std::string_view expected) const;
};

}  // namespace usher::yaml
