#include "tests/support/dev_control.h"

#include <optional>
#include <string>
#include <vector>

#include "lib/base/json_writer.h"
#include "lib/base/result.h"
#include "lib/base/text/strings.h"
#include "lib/json/json.h"

namespace usher::testing {
namespace {

using base::Absl;
using base::JsonObject;
using base::StrCat;
using json::Value;

absl::Status Invalid(std::string_view what) {
  return absl::InvalidArgumentError(Absl(what));
}

std::optional<std::string> StringIn(json::Value body, std::string_view name) {
  const auto value = body.Find(name);
  if (!value || !value->String()) return std::nullopt;
  return std::string(*value->String());
}

bool BoolIn(json::Value body, std::string_view name, bool otherwise) {
  const auto value = body.Find(name);
  return value ? value->Bool().value_or(otherwise) : otherwise;
}

std::vector<std::string> StringsIn(json::Value body, std::string_view name) {
  std::vector<std::string> out;
  if (const auto value = body.Find(name)) {
    value->ForEachElement([&](json::Value element) {
      if (element.String()) out.emplace_back(*element.String());
      return true;
    });
  }
  return out;
}

absl::StatusOr<std::optional<jose::Alg>> AlgIn(json::Value body) {
  const auto name = StringIn(body, "alg");
  if (!name) return std::nullopt;
  const auto alg = jose::ConfiguredAlgs(*name).Only();
  if (!alg) return Invalid("alg: unknown");
  return alg;
}

absl::StatusOr<std::string> Mint(HttpIssuer& issuer, json::Value body) {
  TokenOptions options;
  if (auto claims = body.Find("claims")) options.claims = claims->Text();
  if (auto header = body.Find("header")) options.header = header->Text();
  options.remove = StringsIn(body, "remove");
  options.remove_header = StringsIn(body, "remove_header");
  options.typ = StringIn(body, "typ");
  options.kid = StringIn(body, "kid");
  USHER_TRY(options.alg, AlgIn(body));
  return issuer.issuer().TryMint(options);
}

absl::StatusOr<std::string> MintOpaque(HttpIssuer& issuer, json::Value body) {
  TokenOptions options;
  if (auto claims = body.Find("claims")) options.claims = claims->Text();
  options.remove = StringsIn(body, "remove");
  return issuer.issuer().TryMintOpaque(options,
                                       StringIn(body, "prefix").value_or(""));
}

absl::StatusOr<std::string> Revoke(HttpIssuer& issuer, json::Value body) {
  const auto token = StringIn(body, "token");
  if (!token) return Invalid("token: missing");
  issuer.issuer().Revoke(*token);
  return "{}";
}

absl::StatusOr<std::string> Rotate(HttpIssuer& issuer, json::Value body) {
  TestIssuer::Rotation rotation;
  USHER_TRY(rotation.alg, AlgIn(body));
  rotation.keep_old = BoolIn(body, "keep_old", true);
  rotation.publish = BoolIn(body, "publish", true);
  return JsonObject().Add("kid", issuer.issuer().Rotate(rotation)).Text();
}

absl::StatusOr<std::string> Publish(HttpIssuer& issuer, json::Value) {
  issuer.issuer().PublishAll();
  return "{}";
}

absl::StatusOr<std::string> RemoveKey(HttpIssuer& issuer, json::Value body) {
  const auto kid = StringIn(body, "kid");
  if (!kid) return Invalid("kid: missing");
  if (!issuer.issuer().RemoveKey(*kid)) {
    return Invalid("kid: no such key, or the last one");
  }
  return "{}";
}

absl::StatusOr<std::string> SetFault(HttpIssuer& issuer, json::Value body) {
  const auto path = StringIn(body, "path");
  if (!path) return Invalid("path: missing");
  if (path->starts_with("/dev/")) return Invalid("path: /dev/ never fails");
  if (BoolIn(body, "clear", false)) {
    issuer.ClearFault(*path);
    return "{}";
  }
  Fault fault;
  if (BoolIn(body, "garbage", false)) fault = Fault::Garbage();
  if (BoolIn(body, "huge", false)) fault = Fault::Huge();
  if (BoolIn(body, "hang", false)) fault.delay = Fault::Hang().delay;
  fault.redirect = StringIn(body, "redirect");
  if (auto text = StringIn(body, "body")) fault.body = std::move(text);
  fault.content_type = StringIn(body, "content_type");
  if (const auto status = body.Find("status")) {
    const auto code = status->Integer();
    if (!code || *code < 200 || *code > 599)
      return Invalid("status: 200 to 599");
    fault.status = static_cast<int>(*code);
  }
  if (const auto delay = body.Find("delay_ms")) {
    const auto milliseconds = delay->Integer();
    if (!milliseconds || *milliseconds < 0 || *milliseconds > 600'000) {
      return Invalid("delay_ms: 0 to 600000");
    }
    fault.delay = absl::Milliseconds(*milliseconds);
  }
  issuer.SetFault(*path, std::move(fault));
  return "{}";
}

struct Command {
  std::string_view path;
  absl::StatusOr<std::string> (*run)(HttpIssuer&, json::Value);
  std::string_view content_type;
};

constexpr std::string_view kJson = "application/json";
constexpr Command kCommands[] = {
    {"/dev/mint", &Mint, "text/plain"},
    {"/dev/mint-opaque", &MintOpaque, "text/plain"},
    {"/dev/revoke", &Revoke, kJson},
    {"/dev/rotate", &Rotate, kJson},
    {"/dev/publish", &Publish, kJson},
    {"/dev/remove-key", &RemoveKey, kJson},
    {"/dev/fault", &SetFault, kJson},
};

httpd::Response Stats(HttpIssuer& issuer) {
  JsonObject requests;
  for (const auto& [path, count] : issuer.requests()) requests.Add(path, count);
  const std::vector<std::string> kids = issuer.issuer().kids();
  return {.content_type = std::string(kJson),
          .body = JsonObject()
                      .Add("connections", issuer.connections())
                      .Add("keys", kids)
                      .AddRaw("requests", requests.Text())
                      .Text() +
                  "\n"};
}

httpd::Response Run(const Command& command, HttpIssuer& issuer,
                    const httpd::Request& request) {
  if (request.method != "POST") {
    return {
        .status = 405, .body = "POST only\n", .headers = {{"Allow", "POST"}}};
  }
  json::Reader reader;
  const auto body = reader.Parse(request.body.empty() ? "{}" : request.body);
  if (!body || !body->IsObject()) {
    return {.status = 400, .body = "the body is no JSON object\n"};
  }
  auto outcome = command.run(issuer, *body);
  if (!outcome.ok()) {
    return {.status = 400,
            .body = StrCat(base::Std(outcome.status().message()), "\n")};
  }
  return {.content_type = std::string(command.content_type),
          .body = *outcome + "\n"};
}

}  // namespace

httpd::Response Control(HttpIssuer& issuer, const httpd::Request& request) {
  if (request.path == "/dev/stats" && request.method == "GET") {
    return Stats(issuer);
  }
  for (const Command& command : kCommands) {
    if (command.path == request.path) return Run(command, issuer, request);
  }
  return {.status = 404, .body = "not found\n"};
}

}  // namespace usher::testing
