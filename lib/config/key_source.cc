#include "lib/config/key_source.h"

#include <array>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/base/json_writer.h"
#include "lib/config/codecs.h"
#include "lib/config/rows.h"
#include "lib/jose/key_set.h"
#include "lib/jwks/file_keys.h"

namespace usher::config {
namespace {

// JSON text of a YAML value. Every scalar becomes a string: a JWK has no member
// of another type (RFC 7517, RFC 7518), and `kid: 2024` means "2024".
void AppendJson(const Node& node, std::string& out) {
  char separator = node.kind == Node::Kind::kList ? '[' : '{';
  switch (node.kind) {
    case Node::Kind::kNull:
      out += "null";
      return;
    case Node::Kind::kScalar:
      base::AppendJsonString(out, node.text);
      return;
    case Node::Kind::kList:
      if (node.elements.empty()) out += '[';
      for (const Node& element : node.elements) {
        out += std::exchange(separator, ',');
        AppendJson(element, out);
      }
      out += ']';
      return;
    case Node::Kind::kMapping:
      if (node.members.empty()) out += '{';
      for (const Node::Member& member : node.members) {
        out += std::exchange(separator, ',');
        base::AppendJsonString(out, member.key);
        out += ':';
        AppendJson(member.value, out);
      }
      out += '}';
      return;
  }
}

// Keys that cannot be used are loud, but no fault: RFC 7517 section 5.
void Judge(const Value& value, const absl::StatusOr<jose::KeySet>& keys) {
  if (!keys.ok()) return value.Fault(base::Std(keys.status().message()));
  for (const std::string& why : keys->ignored()) {
    value.reading.report.Warn(value.path, base::StrCat("left out: ", why));
  }
}

struct DiscoverySource {
  static std::string Words() { return "true"; }
  static void Read(const Value& value, jwks::Source& out) {
    bool on = true;
    Switch::Read(value, on);
    if (!on) return value.Fault("can only be true; else leave it out");
    out = jwks::Discovery{};
  }
  static std::string Show(const jwks::Source&) { return "true"; }
};

struct UrlSource {
  static std::string Words() { return "https URL"; }
  static void Read(const Value& value, jwks::Source& out) {
    if (const auto url = value.Text()) out = jwks::JwksUrl{std::string(*url)};
  }
  static std::string Show(const jwks::Source&) { return ""; }
};

struct FileSource {
  static std::string Words() { return "path"; }
  static void Read(const Value& value, jwks::Source& out) {
    const auto text = value.Text();
    if (!text) return;
    const std::string path = value.reading.files.Resolve(*text);
    value.reading.files.Read(path, /*kept=*/false);
    Judge(value, jwks::ReadKeyFile(path));
    out = jwks::JwksFile{path};
  }
  static std::string Show(const jwks::Source&) { return ""; }
};

struct InlineSource {
  static std::string Words() { return "mapping, or text in JSON"; }
  static void Read(const Value& value, jwks::Source& out) {
    jwks::InlineKeys keys;
    if (value.node.kind == Node::Kind::kScalar) {
      keys.jwks = value.node.text;
    } else if (value.IsMapping()) {
      AppendJson(value.node, keys.jwks);
    } else {
      return;
    }
    Judge(value, jose::KeySet::FromJwks(keys.jwks));
    out = std::move(keys);
  }
  static std::string Show(const jwks::Source&) { return ""; }
};

constexpr auto kKeys = std::to_array<Key<jwks::Source>>({
    Leaf<jwks::Source, DiscoverySource>(
        "discovery",
        "Read the key set's address from the issuer's own metadata: "
        "`ISSUER/.well-known/openid-configuration`, then "
        "`/.well-known/oauth-authorization-server`."),
    Leaf<jwks::Source, UrlSource>("jwks_url", "The key set's own address."),
    Leaf<jwks::Source, FileSource>(
        "jwks_file",
        "A file with a JWK Set, or with PEM blocks of type PUBLIC KEY or "
        "CERTIFICATE. Read again when it changes."),
    Leaf<jwks::Source, InlineSource>(
        "jwks", "The JWK Set itself, as YAML or as JSON text."),
});

}  // namespace

void KeySource::Read(const Value& value, jwks::Source& out) {
  ReadMapping<jwks::Source>(value, kKeys, out);
  if (value.node.kind != Node::Kind::kMapping) return;
  if (value.node.members.size() != 1) {
    value.reading.report.Later(
        value.path,
        "must say exactly one of discovery, jwks_url, jwks_file and jwks");
  }
}

void KeySource::DescribeBelow(const std::string& path,
                              std::vector<Entry>& entries) {
  Describe<jwks::Source>(path + ".", kKeys, jwks::Discovery{}, entries);
}

}  // namespace usher::config
