#include "client/guard/options.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/time/time.h"
#include "client/core/channel.h"
#include "client/core/tls_files.h"
#include "lib/rpc/grpc_log.h"

namespace usher::guard {
namespace {

// Some calls with the largest token.
constexpr size_t kMinPendingBytes = 1u << 20;

void CheckVerifier(const GuardOptions& options, OptionErrors& errors) {
  if (options.verifier != nullptr) {
    if (!options.client.target.empty()) {
      errors.Add("client: set either client or verifier, not both");
    }
    return;
  }
  ClientOptions loaded = options.client;
  if (options.client.tls) {
    auto tls = client::LoadTlsFiles(*options.client.tls);
    errors.Add(tls.status(), "client.");
    loaded.tls = tls.ok() ? *std::move(tls) : TlsOptions();
  }
  for (const absl::Status& error : client::FindErrors(loaded)) {
    errors.Add(error, "client.");
  }
}

// Why a call's metadata cannot carry a token under `name`, or "".
std::string_view FindHeaderFault(std::string_view name) {
  constexpr auto kOfGrpc = std::to_array<std::string_view>(
      {"content-type", "host", "te", "user-agent"});
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (name.empty()) return "must not be empty";
  if (!std::all_of(name.begin(), name.end(), is_allowed)) {
    return "must be a metadata key: lower case letters, digits and - _ .";
  }
  if (name.ends_with("-bin")) {
    return "must not end with -bin: such metadata is binary";
  }
  if (name.starts_with("grpc-") ||
      std::find(kOfGrpc.begin(), kOfGrpc.end(), name) != kOfGrpc.end()) {
    return "is a header of gRPC itself";
  }
  return "";
}

}  // namespace

OptionErrors CheckOptions(const GuardOptions& options) {
  OptionErrors errors;
  CheckVerifier(options, errors);
  const bool has_file = !options.policy_file.empty();
  if (options.audiences.empty() && !has_file) {
    errors.Add("audiences: must not be empty");
  }
  if (has_file && !options.policy.empty()) {
    errors.Add("policy_file: set either policy_file or policy, not both");
  }
  for (const std::string& audience : options.audiences) {
    if (audience.empty()) errors.Add("audiences: none may be empty");
  }
  for (const std::string& what : options.policy.errors()) {
    errors.Add(base::StrCat("policy: ", what));
  }
  if (options.max_pending_calls == 0) {
    errors.Add("max_pending_calls: must not be 0");
  }
  if (options.max_questions == 0) errors.Add("max_questions: must not be 0");
  if (options.max_pending_bytes < kMinPendingBytes) {
    errors.Add("max_pending_bytes: must be at least 1 MiB");
  }
  if (const auto fault = FindHeaderFault(options.token_header);
      !fault.empty()) {
    errors.Add(base::StrCat("token_header: ", fault));
  }
  if (options.denied_life < absl::ZeroDuration() ||
      options.denied_life > absl::Minutes(1)) {
    errors.Add("denied_life: must be from 0 to 1 minute");
  }
  return errors;
}

// Logged as errors, because by default gRPC's log shows nothing else.
void LogWeakenedSecurity(const GuardOptions& options) {
  struct Row {
    bool GuardOptions::*option;
    const char* what;
  };
  constexpr auto kRows = std::to_array<Row>(
      {{&GuardOptions::insecure_show_token_to_handlers,
        "insecure_show_token_to_handlers: handlers can log and forward the "
        "tokens of their callers"},
       {&GuardOptions::keep_tokens_to_forward,
        "keep_tokens_to_forward: handlers can call other services as their "
        "callers"},
       {&GuardOptions::take_id_tokens_instead_of_access_tokens,
        "take_id_tokens_instead_of_access_tokens: every service that users "
        "sign in to can call this service as them"}});
  if (options.client.insecure_allow_plaintext) {
    rpc::LogError(
        "usher: weakens security: client.insecure_allow_plaintext: tokens may "
        "travel to usherd unencrypted");
  }
  for (const Row& row : kRows) {
    if (options.*row.option) {
      rpc::LogError(base::StrCat("usher: weakens security: ", row.what));
    }
  }
}

}  // namespace usher::guard
