#include "client/cli/token/inspection.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "client/cli/print/format.h"
#include "client/cli/token/lints.h"
#include "lib/base/text/strings.h"
#include "lib/jose/jws.h"
#include "lib/json/base64url.h"
#include "lib/json/json.h"

namespace usher::cli {
namespace {

using json::Value;

constexpr auto kTimes = std::to_array<std::string_view>(
    {"exp", "iat", "nbf", "auth_time", "updated_at"});

std::string TextOf(json::Value value) {
  if (const auto text = value.String()) return std::string(*text);
  if (!value.IsArray()) return value.Text();
  std::vector<std::string> parts;
  value.ForEachElement([&](json::Value element) {
    parts.push_back(element.String() ? std::string(*element.String())
                                     : element.Text());
    return true;
  });
  return parts.empty() ? "[]" : Join(parts);
}

std::string ClaimText(std::string_view name, json::Value value,
                      absl::Time now) {
  const bool is_time =
      std::find(kTimes.begin(), kTimes.end(), name) != kTimes.end();
  const std::optional<double> seconds = value.Number();
  // Beyond the year 9999 it is a mistake, not a time.
  if (!is_time || !seconds || *seconds < 0 || *seconds > 253402300799.0) {
    return TextOf(value);
  }
  return UtcTime(absl::FromUnixSeconds(std::llround(*seconds)), now);
}

std::vector<std::string_view> Split(std::string_view token) {
  std::vector<std::string_view> parts;
  for (size_t from = 0; from <= token.size();) {
    const size_t dot = std::min(token.find('.', from), token.size());
    parts.push_back(token.substr(from, dot - from));
    from = dot + 1;
  }
  return parts;
}

std::string PartCountError(std::string_view token, size_t parts) {
  if (!token.starts_with("eyJ")) {
    return "is not a JWT by its form. It may be an opaque token, which only "
           "its issuer can read: `usher verify` has it asked, if usherd is "
           "configured for that";
  }
  if (parts == 5) {
    return "has five parts: it is encrypted (JWE), and only its recipient can "
           "read it";
  }
  return base::StrCat("has ", parts, " part", parts == 1 ? "" : "s",
                      " between dots; a signed token has three: header, "
                      "claims, signature");
}

// Reads one part that must be a JSON object.
std::optional<json::Value> ReadObject(std::string_view name,
                                      std::string_view part,
                                      json::Reader& reader,
                                      Inspection& inspection) {
  const auto error = [&](std::string_view what) {
    inspection.errors.push_back(base::StrCat("the ", name, " ", what));
    return std::nullopt;
  };
  if (part.empty()) return error("is empty");
  if (const std::string why = Base64UrlError(part); !why.empty()) {
    return error(why);
  }
  const std::optional<json::Value> value = reader.ParseBase64Url(part);
  if (!value) {
    return error(base::StrCat("is not valid JSON: ", reader.error()));
  }
  if (!value->IsObject()) return error("is JSON, but not an object");
  return value;
}

void ReadSignature(std::string_view part, Inspection& inspection) {
  if (const std::string why = Base64UrlError(part); !why.empty()) {
    inspection.errors.push_back(base::StrCat("the signature ", why));
    return;
  }
  std::string bytes;
  inspection.signature_bytes =
      json::DecodeBase64Url(part, bytes) ? bytes.size() : 0;
}

// Adds what only the strict parser finds.
void AddParserError(std::string_view token, Inspection& inspection) {
  if (!inspection.errors.empty()) return;
  jose::JwsScratch scratch;
  const auto jws = jose::Jws::Parse(token, scratch);
  if (jws.ok()) return;
  inspection.errors.push_back(
      base::StrCat(NameOf(jws.refusal().reason), ": ", jws.refusal().message));
}

}  // namespace

Inspection Inspect(std::string_view token, absl::Time now) {
  Inspection inspection;
  const std::vector<std::string_view> parts = Split(token);
  if (token.size() > jose::Jws::kMaxSize) {
    inspection.errors.push_back(
        base::StrCat("the token is ", token.size(),
                     " characters long; usherd accepts at most 16384"));
  }
  if (parts.size() != 3) {
    inspection.errors.push_back(
        base::StrCat("the token ", PartCountError(token, parts.size())));
  }
  json::Reader header_reader, claims_reader;
  std::optional<json::Value> header, claims;
  // With more than one part the first is still a header and helps to see what
  // the text is.
  if (parts.size() > 1) {
    header = ReadObject("header", parts[0], header_reader, inspection);
  }
  if (parts.size() > 1 && parts.size() != 5) {
    claims = ReadObject("claims part", parts[1], claims_reader, inspection);
  }
  if (parts.size() == 3) ReadSignature(parts[2], inspection);
  AddParserError(token, inspection);

  if (header) {
    inspection.header_json = header->Text();
    inspection.header.emplace();
    header->ForEachMember([&](std::string_view name, json::Value value) {
      inspection.header->push_back({std::string(name), TextOf(value)});
      return true;
    });
    LintHeader(*header, inspection.lints);
  }
  if (claims) {
    inspection.claims_json = claims->Text();
    inspection.claims.emplace();
    claims->ForEachMember([&](std::string_view name, json::Value value) {
      inspection.claims->push_back(
          {std::string(name), ClaimText(name, value, now)});
      return true;
    });
    LintClaims(*claims, now, inspection.lints);
  }
  return inspection;
}

}  // namespace usher::cli
