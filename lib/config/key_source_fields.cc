#include "lib/config/key_source_fields.h"

#include <array>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/base/json_writer.h"
#include "lib/jose/key_set.h"
#include "lib/jwks/file_keys.h"
#include "lib/yaml/codecs.h"
#include "lib/yaml/field_kinds.h"

namespace usher::config {
namespace {

using yaml::Field;
using yaml::Node;
using yaml::SimpleField;
using yaml::Value;

// Appends a YAML value as JSON. Every scalar becomes a string: a JWK has no
// members of other scalar types (RFC 7517, RFC 7518), and `kid: 2024` means
// "2024".
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

// Unusable keys beside usable ones are only warnings (RFC 7517 section 5).
void CheckKeySet(const Value& value, const absl::StatusOr<jose::KeySet>& keys) {
  if (!keys.ok()) return value.AddError(base::Std(keys.status().message()));
  for (const std::string& why : keys->ignored()) {
    value.reading.report.AddWarning(value.path, base::StrCat("ignored: ", why));
  }
}

struct DiscoveryCodec {
  static std::string TypeName() { return "true"; }
  static void Read(const Value& value, jwks::Source& out) {
    bool on = true;
    yaml::Bool::Read(value, on);
    if (!on) return value.AddError("must be true; omit the key otherwise");
    out = jwks::Discovery{};
  }
  static std::string Format(const jwks::Source&) { return "true"; }
};

struct UrlCodec {
  static std::string TypeName() { return "https URL"; }
  static void Read(const Value& value, jwks::Source& out) {
    if (const auto url = value.Text()) out = jwks::JwksUrl{std::string(*url)};
  }
  static std::string Format(const jwks::Source&) { return ""; }
};

struct FileCodec {
  static std::string TypeName() { return "path"; }
  static void Read(const Value& value, jwks::Source& out) {
    const auto text = value.Text();
    if (!text) return;
    const std::string path = value.reading.files.Resolve(*text);
    value.reading.files.Read(path, yaml::Files::Use::kCheck);
    CheckKeySet(value, jwks::ReadKeyFile(path));
    out = jwks::JwksFile{path};
  }
  static std::string Format(const jwks::Source&) { return ""; }
};

struct InlineCodec {
  static std::string TypeName() { return "mapping, or text in JSON"; }
  static void Read(const Value& value, jwks::Source& out) {
    jwks::InlineKeys keys;
    if (value.node.kind == Node::Kind::kScalar) {
      keys.jwks = value.node.text;
    } else if (value.IsMapping()) {
      AppendJson(value.node, keys.jwks);
    } else {
      return;
    }
    CheckKeySet(value, jose::KeySet::FromJwks(keys.jwks));
    out = std::move(keys);
  }
  static std::string Format(const jwks::Source&) { return ""; }
};

constexpr auto kKeys = std::to_array<Field<jwks::Source>>({
    SimpleField<jwks::Source, DiscoveryCodec>(
        "discovery",
        "Read the URL of the key set from the metadata of the issuer: "
        "`ISSUER/.well-known/openid-configuration`, then "
        "`/.well-known/oauth-authorization-server`."),
    SimpleField<jwks::Source, UrlCodec>("jwks_url", "The URL of the key set."),
    SimpleField<jwks::Source, FileCodec>(
        "jwks_file",
        "A file with a JWK Set, or with PEM blocks of type PUBLIC KEY or "
        "CERTIFICATE. It is read again when it changes."),
    SimpleField<jwks::Source, InlineCodec>(
        "jwks", "The key set itself, as YAML or as JSON text."),
});

}  // namespace

void ReadKeySource(const Value& value, jwks::Source& out) {
  yaml::ReadMapping<jwks::Source>(value, kKeys, out);
  if (value.node.kind != Node::Kind::kMapping) return;
  if (value.node.members.size() != 1) {
    value.reading.report.AddCheckError(
        value.path,
        "must have exactly one of discovery, jwks_url, jwks_file and jwks");
  }
}

void DescribeKeySource(const std::string& path,
                       std::vector<yaml::FieldDoc>& docs) {
  yaml::Describe<jwks::Source>(path + ".", kKeys, jwks::Discovery{}, docs);
}

}  // namespace usher::config
