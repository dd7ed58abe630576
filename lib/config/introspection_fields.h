// The fields of `issuers[].introspection`.
#pragma once

#include <array>
#include <string>

#include "lib/config/service_codecs.h"
#include "lib/issuer/introspection.h"
#include "lib/yaml/field_kinds.h"

namespace usher::config {

// How usherd authenticates at an endpoint: lib/oauth/client_authentication.h.
struct ClientAuthMethodName {
  static std::string TypeName();
  static void Read(const yaml::Value& value, oauth::ClientAuthMethod& out);
  static std::string Format(oauth::ClientAuthMethod method);
};

// One signature algorithm.
struct AlgorithmName {
  static std::string TypeName() { return "algorithm"; }
  static void Read(const yaml::Value& value, jose::Alg& out);
  static std::string Format(jose::Alg alg);
};

template <typename Codec, auto... kMembers>
constexpr yaml::Field<issuer::Introspection> IntrospectionField(
    std::string_view name, std::string_view description,
    yaml::Presence presence = yaml::Presence::kOptional) {
  return yaml::SimpleField<issuer::Introspection, Codec, kMembers...>(
      name, description, presence);
}

inline constexpr auto kIntrospectionFields = std::to_array<
    yaml::Field<issuer::Introspection>>({
    IntrospectionField<yaml::Text, &issuer::Introspection::endpoint>(
        "endpoint",
        "The https URL of the introspection endpoint (RFC 7662). Absent: the "
        "`introspection_endpoint` of the issuer's metadata."),
    IntrospectionField<ClientAuthMethodName, &issuer::Introspection::client,
                       &oauth::CredentialSettings::method>(
        "auth",
        "How Usher proves at the endpoint which client it is: "
        "`client_secret_basic`, `client_secret_post` or `private_key_jwt`, "
        "without `client_secret_`, or `mtls` (RFC 8705): a client "
        "certificate."),
    IntrospectionField<yaml::Text, &issuer::Introspection::client,
                       &oauth::CredentialSettings::client_id>(
        "client_id", "The client that Usher is at this issuer.",
        yaml::Presence::kRequired),
    IntrospectionField<ReadablePath, &issuer::Introspection::client,
                       &oauth::CredentialSettings::secret_file>(
        "secret_file",
        "A file with the client secret, for `basic` and `post`. It is read "
        "again when it changes."),
    IntrospectionField<ReadablePath, &issuer::Introspection::client,
                       &oauth::CredentialSettings::key_file>(
        "key_file",
        "A PEM file with the private key, for `private_key_jwt` and `mtls`. It "
        "is read again when it changes."),
    IntrospectionField<ReadablePath, &issuer::Introspection::client,
                       &oauth::CredentialSettings::certificate_file>(
        "certificate_file",
        "A PEM file with the client certificate, for `mtls`, and the CAs "
        "between it and its root. It is read again when it changes."),
    IntrospectionField<AlgorithmName, &issuer::Introspection::client,
                       &oauth::CredentialSettings::algorithm>(
        "key_algorithm",
        "The algorithm that `key_file` signs with, for `private_key_jwt`."),
    IntrospectionField<yaml::Text, &issuer::Introspection::client,
                       &oauth::CredentialSettings::key_id>(
        "key_id", "The key ID (`kid`) that the issuer knows the key by."),
    IntrospectionField<yaml::Text, &issuer::Introspection::client,
                       &oauth::CredentialSettings::audience>(
        "assertion_audience",
        "The audience of what `private_key_jwt` signs, if the issuer wants "
        "another one than its identifier: some want the URL of the endpoint."),
    IntrospectionField<yaml::Duration, &issuer::Introspection::timeout>(
        "timeout",
        "The longest time for one question, with one retry if the "
        "connection breaks. 100ms to 2s."),
    IntrospectionField<yaml::CountBetween<1, 1024>,
                       &issuer::Introspection::slots,
                       &introspect::SlotLimits::in_flight>(
        "max_in_flight",
        "The most questions that the issuer is asked at a time. Client "
        "services share them."),
    IntrospectionField<yaml::Text, &issuer::Introspection::prefix>(
        "prefix",
        "Opaque tokens that begin so belong to this issuer, such as "
        "`ory_at_`. No prefix may begin with another."),
    IntrospectionField<yaml::Bool, &issuer::Introspection::is_default>(
        "default",
        "Whether this issuer is asked about opaque tokens that no prefix "
        "tells. One issuer at most: no token is shown to two."),
    IntrospectionField<yaml::Bool, &issuer::Introspection::always>(
        "always",
        "Whether its JWTs are introspected too, once their signature was "
        "verified. Then a token that was revoked at the issuer is denied "
        "before it expires."),
    IntrospectionField<yaml::Bool,
                       &issuer::Introspection::insecure_allow_missing_audience>(
        "insecure_allow_missing_audience",
        "Accepts answers without `aud`. A token that was issued for one "
        "service then passes at every other."),
});

}  // namespace usher::config
