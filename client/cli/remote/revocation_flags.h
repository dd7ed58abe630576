// What `usher revoke` and `usher unrevoke` have in common: the flags that say
// which tokens, and the errors of AdminService about revocations.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/cli/base/arguments.h"
#include "client/cli/base/console.h"
#include "client/cli/remote/connection.h"
#include "grpcpp/support/status.h"
#include "usher/v1/admin_service.pb.h"

namespace usher::cli {

struct RevocationFlags {
  std::vector<std::string> issuer;
  std::optional<std::string> tenant;
  std::optional<std::string> token_id;
  std::optional<std::string> session;
  std::optional<std::string> subject;
  std::optional<std::string> client;
  bool everything = false;
  std::string reason;
};

void AddOptions(RevocationFlags& flags, Arguments& arguments);

// False after printing what is wrong with the flags.
bool ToTarget(const RevocationFlags& flags, v1::RevocationTarget& out,
              Console& console);

// Prints why usherd did not do it. NOT_FOUND is kNo, FAILED_PRECONDITION
// kUsage.
ExitStatus PrintRevocationFailure(const grpc::Status& status,
                                  const Connection& connection,
                                  Console& console);

}  // namespace usher::cli
