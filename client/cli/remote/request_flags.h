// The options of a request about a token.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/base/arguments.h"
#include "client/cli/base/console.h"
#include "usher/v1/token_service.pb.h"

namespace usher::cli {

struct RequestFlags {
  std::optional<std::string> token;  // where it is; see token_source.h
  std::vector<std::string> audiences;
  std::vector<std::string> scopes;
  bool any_scope = false;
  std::string kind = "access";
  std::optional<std::string> issuer;
  bool check_at_issuer = false;
};

// The arguments must live until the command has run.
void AddTokenOption(std::optional<std::string>& token, Arguments& arguments);
void AddAudienceOption(std::vector<std::string>& audiences,
                       Arguments& arguments);
void AddIssuerOptions(std::optional<std::string>& issuer, bool& check_at_issuer,
                      Arguments& arguments);
void AddOptions(RequestFlags& flags, Arguments& arguments);

// Reads the token and makes the request.
absl::StatusOr<v1::VerifyRequest> RequestOf(const RequestFlags& flags,
                                            Console& console);

}  // namespace usher::cli
