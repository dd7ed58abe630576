#include "client/cli/token/inspection.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "client/cli/print/format.h"
#include "client/cli/token/lints.h"
#include "lib/base/strings.h"
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
  // Beyond the year 9999 it is no time but a mistake.
  if (!is_time || !seconds || *seconds < 0 || *seconds > 253402300799.0) {
    return TextOf(value);
  }
  return InWords(absl::FromUnixSeconds(std::llround(*seconds)), now);
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

std::string WhyNotThreeParts(size_t parts) {
  if (parts == 1) {
    return "has no dots: it is no JWT. It may be an opaque token, which only "
           "its issuer can read (usherd asks by introspection)";
  }
  if (parts == 5) {
    return "has five parts: it is encrypted (JWE), and only the one it is "
           "meant for can read it";
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
  const auto fault = [&](std::string_view what) {
    inspection.faults.push_back(base::StrCat("the ", name, " ", what));
    return std::nullopt;
  };
  if (part.empty()) return fault("is empty");
  if (const std::string why = WhyNotBase64Url(part); !why.empty()) {
    return fault(why);
  }
  const std::optional<json::Value> value = reader.ParseBase64Url(part);
  if (!value) {
    return fault(base::StrCat("is no acceptable JSON: ", reader.fault()));
  }
  if (!value->IsObject()) return fault("is JSON, but no object");
  return value;
}

void ReadSignature(std::string_view part, Inspection& inspection) {
  if (const std::string why = WhyNotBase64Url(part); !why.empty()) {
    inspection.faults.push_back(base::StrCat("the signature ", why));
    return;
  }
  std::string bytes;
  inspection.signature_bytes =
      json::DecodeBase64Url(part, bytes) ? bytes.size() : 0;
}

// What the strict parser minds beyond what was found so far.
void AskParser(std::string_view token, Inspection& inspection) {
  if (!inspection.faults.empty()) return;
  jose::JwsScratch scratch;
  const auto jws = jose::Jws::Parse(token, scratch);
  if (jws.ok()) return;
  inspection.faults.push_back(
      base::StrCat(NameOf(jws.refusal().reason), ": ", jws.refusal().message));
}

}  // namespace

Inspection Inspect(std::string_view token, absl::Time now) {
  Inspection inspection;
  const std::vector<std::string_view> parts = Split(token);
  if (token.size() > jose::Jws::kMaxSize) {
    inspection.faults.push_back(base::StrCat(
        "the token is ", token.size(), " characters long; usherd takes 16384"));
  }
  if (parts.size() != 3) {
    inspection.faults.push_back(
        base::StrCat("the token ", WhyNotThreeParts(parts.size())));
  }
  json::Reader header_reader, claims_reader;
  std::optional<json::Value> header, claims;
  // A single part is not even worth an attempt; with any other number the
  // first is still a header and tells what this is.
  if (parts.size() > 1) {
    header = ReadObject("header", parts[0], header_reader, inspection);
  }
  if (parts.size() > 1 && parts.size() != 5) {
    claims = ReadObject("claims part", parts[1], claims_reader, inspection);
  }
  if (parts.size() == 3) ReadSignature(parts[2], inspection);
  AskParser(token, inspection);

  if (header) {
    inspection.header_json = header->Text();
    inspection.header.emplace();
    header->ForEachMember([&](std::string_view name, json::Value value) {
      inspection.header->push_back({std::string(name), TextOf(value)});
      return true;
    });
    FindHeaderOddities(*header, inspection.oddities);
  }
  if (claims) {
    inspection.claims_json = claims->Text();
    inspection.claims.emplace();
    claims->ForEachMember([&](std::string_view name, json::Value value) {
      inspection.claims->push_back(
          {std::string(name), ClaimText(name, value, now)});
      return true;
    });
    FindClaimOddities(*claims, now, inspection.oddities);
  }
  return inspection;
}

}  // namespace usher::cli
