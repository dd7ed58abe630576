// The only file that uses yaml-cpp and handles its exceptions.
//
// Nodes are built from the parser's events and not from YAML::Node, which hides
// duplicate keys, expands aliases and infers the types of scalars.
#include "lib/yaml/parse.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <optional>
#include <sstream>
#include <utility>

#include "lib/base/text/strings.h"
#include "lib/yaml/text.h"

namespace usher::yaml {
namespace {

// Stops the parser by an exception, which Parse() catches.
[[noreturn]] void Fail(const YAML::Mark& mark, const char* message) {
  throw YAML::ParserException(mark, message);
}

class NodeBuilder : public YAML::EventHandler {
 public:
  Node Build() && { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) {
      Fail(mark,
           "content after the end of the document; the file must have "
           "exactly one document");
    }
    started_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(Begin(Node::Kind::kNull, mark, "?", anchor), mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Fail(mark, "aliases (*) are not supported: write the value out");
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
  // A list or mapping that has not ended yet.
  struct OpenNode {
    Node node;
    YAML::Mark mark;
    std::optional<Node::Member> key;  // its value follows
  };

  Node Begin(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
             YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      Fail(mark, "anchors (&) are not supported: write the value out");
    }
    // The parser's own tags: "?" for plain and "!" for quoted text.
    if (!tag.empty() && tag != "?" && tag != "!") {
      Fail(mark, "tags (!) are not supported");
    }
    if (++values_ > kMaxValues) Fail(mark, "too many values");
    Node node;
    node.kind = kind;
    node.line = mark.line + 1;
    return node;
  }

  void Open(Node node, const YAML::Mark& mark) {
    if (open_.size() >= kMaxDepth) Fail(mark, "nested too deeply");
    open_.push_back({std::move(node), mark, std::nullopt});
  }

  void Close() {
    OpenNode closed = std::move(open_.back());
    open_.pop_back();
    Add(std::move(closed.node), closed.mark);
  }

  void Add(Node node, const YAML::Mark& mark) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    OpenNode& parent = open_.back();
    if (parent.node.kind == Node::Kind::kList) {
      parent.node.elements.push_back(std::move(node));
    } else if (parent.key) {
      // The parser reports a missing value on the line after its key.
      if (node.kind == Node::Kind::kNull) node.line = parent.key->line;
      parent.key->value = std::move(node);
      parent.node.members.push_back(*std::exchange(parent.key, std::nullopt));
    } else if (node.kind == Node::Kind::kScalar) {
      parent.key = Node::Member{std::move(node.text), node.line, {}};
    } else {
      Fail(mark, "a key must be text");
    }
  }

  bool started_ = false;
  size_t values_ = 0;
  Node root_;
  std::vector<OpenNode> open_;
};

absl::Status Error(std::string_view message) {
  return absl::InvalidArgumentError(base::Absl(message));
}

}  // namespace

absl::StatusOr<Node> Parse(std::string_view text) {
  if (text.size() > kMaxSize) {
    return Error(base::StrCat("is larger than ", kMaxSize >> 20, " MiB"));
  }
  if (const auto error = FindInvalidCharacter(text)) return Error(*error);
  NodeBuilder builder;
  try {
    // The parser accepts an unterminated quoted text if the file ends right
    // after a line end. A comment at the end prevents that.
    std::istringstream stream(base::StrCat(text, "\n#"));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    return Error(WithLine(error.msg, error.mark.line + 1));
  } catch (const std::exception& error) {
    return Error(base::StrCat("cannot be parsed: ", error.what()));
  }
  return std::move(builder).Build();
}

}  // namespace usher::yaml
