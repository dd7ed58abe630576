// The one home of yaml-cpp, and of its exceptions.
//
// Nodes are built from the parser's events and not from YAML::Node, which hides
// duplicate keys, expands aliases and judges scalars.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <optional>
#include <sstream>
#include <utility>

#include "lib/base/strings.h"
#include "lib/config/characters.h"
#include "lib/config/node.h"

namespace usher::config {
namespace {

// Thrown through the parser to stop it; caught below.
[[noreturn]] void Refuse(const YAML::Mark& mark, const char* message) {
  throw YAML::ParserException(mark, message);
}

class NodeBuilder : public YAML::EventHandler {
 public:
  Node Take() && { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) {
      Refuse(mark,
             "something follows the end of the document; exactly one "
             "document is taken");
    }
    started_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(Begin(Node::Kind::kNull, mark, "?", anchor), mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(mark, "aliases (*) are not taken: write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& value) override {
    Node node = Begin(Node::Kind::kScalar, mark, tag, anchor);
    node.text = value;
    node.quoted = tag == "!";
    Add(std::move(node), mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Begin(Node::Kind::kList, mark, tag, anchor), mark);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    Open(Begin(Node::Kind::kMapping, mark, tag, anchor), mark);
  }
  void OnMapEnd() override { Close(); }

 private:
  // A list or mapping whose end has not come yet.
  struct Opened {
    Node node;
    YAML::Mark mark;
    std::optional<Node::Member> key;  // waits for its value
  };

  Node Begin(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
             YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      Refuse(mark, "anchors (&) are not taken: write the value out");
    }
    // The parser itself says "?" for plain and "!" for quoted text.
    if (!tag.empty() && tag != "?" && tag != "!") {
      Refuse(mark, "tags (!) are not taken");
    }
    if (++values_ > kMaxYamlValues) Refuse(mark, "too many values");
    Node node;
    node.kind = kind;
    node.line = mark.line + 1;
    return node;
  }

  void Open(Node node, const YAML::Mark& mark) {
    if (open_.size() >= kMaxYamlDepth) Refuse(mark, "nested too deeply");
    open_.push_back({std::move(node), mark, std::nullopt});
  }

  void Close() {
    Opened closed = std::move(open_.back());
    open_.pop_back();
    Add(std::move(closed.node), closed.mark);
  }

  void Add(Node node, const YAML::Mark& mark) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Opened& parent = open_.back();
    if (parent.node.kind == Node::Kind::kList) {
      parent.node.elements.push_back(std::move(node));
    } else if (parent.key) {
      // The parser puts a value that is not there on the line after its key.
      if (node.kind == Node::Kind::kNull) node.line = parent.key->line;
      parent.key->value = std::move(node);
      parent.node.members.push_back(*std::exchange(parent.key, std::nullopt));
    } else if (node.kind == Node::Kind::kScalar) {
      parent.key = Node::Member{std::move(node.text), node.line, {}};
    } else {
      Refuse(mark, "a key must be text");
    }
  }

  bool started_ = false;
  size_t values_ = 0;
  Node root_;
  std::vector<Opened> open_;
};

absl::Status Fault(std::string_view message) {
  return absl::InvalidArgumentError(base::Absl(message));
}

}  // namespace

absl::StatusOr<Node> ParseYaml(std::string_view text) {
  if (text.size() > kMaxYamlSize) {
    return Fault(base::StrCat("is larger than ", kMaxYamlSize >> 20, " MiB"));
  }
  if (const auto fault = CharacterFault(text)) return Fault(*fault);
  NodeBuilder builder;
  try {
    // The parser takes a quoted text that the file's end cuts off after a line
    // end for a whole one. A comment at the end keeps that from happening.
    std::istringstream stream(base::StrCat(text, "\n#"));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& fault) {
    return Fault(AtLine(fault.msg, fault.mark.line + 1));
  } catch (const std::exception& fault) {
    return Fault(base::StrCat("cannot be parsed: ", fault.what()));
  }
  return std::move(builder).Take();
}

}  // namespace usher::config
