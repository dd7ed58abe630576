#include "lib/config/key_source_fields.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/base/json_writer.h"
#include "lib/config/issuer_rule_codecs.h"
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
  if (const auto why = keys->WhyAmbiguous()) {
    value.reading.report.AddWarning(value.path, *why);
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

struct DiscoveryUrlCodec {
  static std::string TypeName() { return "https URL"; }
  static void Read(const Value& value, jwks::Source& out) {
    if (const auto url = value.Text()) out = jwks::Discovery{std::string(*url)};
  }
  static std::string Format(const jwks::Source&) { return ""; }
};

// A file that is only used when keys are fetched, but must be there now.
struct CredentialCodec {
  static std::string TypeName() { return "path"; }
  static void Read(const Value& value, std::optional<std::string>& out) {
    const auto text = value.Text();
    if (!text) return;
    out = value.reading.files.Resolve(*text);
    value.reading.files.Read(*out, yaml::Files::Use::kCheck);
  }
  static std::string Format(const std::optional<std::string>&) { return ""; }
};

struct NoneCodec {
  static std::string TypeName() { return "true"; }
  static void Read(const Value& value, bool& out) {
    yaml::Bool::Read(value, out);
    if (!out) value.AddError("must be true; omit the key otherwise");
  }
  static std::string Format(bool) { return ""; }
};

template <typename Codec>
constexpr Field<KeySource> SourceField(std::string_view name,
                                       std::string_view description) {
  return SimpleField<KeySource, Codec, &KeySource::source>(name, description);
}
template <auto kPath>
constexpr Field<KeySource> CredentialField(std::string_view name,
                                           std::string_view description) {
  return SimpleField<KeySource, CredentialCodec, &KeySource::credentials,
                     kPath>(name, description);
}

// The keys of the mapping that name no source.
constexpr std::string_view kAllowedHosts = "allowed_hosts";
constexpr std::string_view kTokenFile = "token_file";
constexpr std::string_view kClientCertificate = "client_certificate";
constexpr std::string_view kClientKey = "client_key";

bool NamesSource(const Node::Member& member) {
  return member.key != kAllowedHosts && member.key != kTokenFile &&
         member.key != kClientCertificate && member.key != kClientKey;
}

constexpr auto kKeys = std::to_array<Field<KeySource>>({
    SourceField<DiscoveryCodec>(
        "discovery",
        "Read the URL of the key set from the metadata of the issuer: "
        "`ISSUER/.well-known/openid-configuration`, then "
        "`/.well-known/oauth-authorization-server`, then both with the path of "
        "the issuer at the other end."),
    SourceField<DiscoveryUrlCodec>(
        "discovery_url",
        "The URL of the metadata, if it is at none of these addresses. Its "
        "`issuer` must still be the configured one."),
    SourceField<UrlCodec>("jwks_url",
                          "The URL of the key set: a JWK Set, or a map of key "
                          "IDs to certificates in PEM."),
    SourceField<FileCodec>(
        "jwks_file",
        "A file with such a key set, or with PEM blocks of type PUBLIC KEY, "
        "RSA PUBLIC KEY or CERTIFICATE. It is read again when it changes. PEM "
        "has no key IDs: up to 32 keys of one type are tried for each token."),
    SourceField<InlineCodec>("jwks",
                             "The key set itself, as YAML or as JSON text. Of "
                             "every key set, the first 500 keys are read; a "
                             "key that cannot be used is left out with a "
                             "warning."),
    SimpleField<KeySource, NoneCodec, &KeySource::none>(
        "none",
        "The issuer has no keys: all its tokens are opaque, and it must have "
        "`introspection`."),
    SimpleField<KeySource, OptionalTextList, &KeySource::allowed_hosts>(
        kAllowedHosts,
        "With discovery: the hosts, as HOST or HOST:PORT, at which the "
        "metadata may say the key set or the introspection endpoint is, beside "
        "those of the issuer and of "
        "`discovery_url`. Absent: any host, but with `tenants` no other."),
    CredentialField<&http::CredentialPaths::token>(
        kTokenFile,
        "A file with a bearer token that is sent with the requests for "
        "metadata and keys, for a provider that asks for one (Kubernetes). It "
        "is read again before each fetch. It is sent only to the host of "
        "`jwks_url`, `discovery_url` or the issuer, never to another host that "
        "the metadata names."),
    CredentialField<&http::CredentialPaths::certificate>(
        kClientCertificate,
        "PEM file with the client certificate for these requests, and the CAs "
        "between it and its root. Read again before each fetch, shown to the "
        "same host only."),
    CredentialField<&http::CredentialPaths::key>(
        kClientKey, "PEM file with its private key, not encrypted."),
});

}  // namespace

KeySource ReadKeySource(const Value& value) {
  KeySource read;
  yaml::ReadMapping<KeySource>(value, kKeys, read);
  if (value.node.kind != Node::Kind::kMapping) return read;
  if (std::ranges::count_if(value.node.members, NamesSource) != 1) {
    value.reading.report.AddCheckError(
        value.path,
        "must have exactly one of discovery, discovery_url, jwks_url, "
        "jwks_file, jwks and none");
  }
  return read;
}

void DescribeKeySource(const std::string& path,
                       std::vector<yaml::FieldDoc>& docs) {
  yaml::Describe<KeySource>(path + ".", kKeys, KeySource(), docs);
}

}  // namespace usher::config
