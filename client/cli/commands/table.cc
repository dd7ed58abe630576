#include "client/cli/commands/command.h"

namespace usher::cli {

// Each is defined in a file of its own: VerifyCommand() in verify.cc.
Command VerifyCommand();
Command IntrospectCommand();
Command InspectCommand();
Command ExplainCommand();
Command IssuersCommand();
Command RefreshKeysCommand();
Command RevokeCommand();
Command UnrevokeCommand();
Command RevocationsCommand();
Command HealthCommand();
Command CheckConfigCommand();
Command CheckPolicyCommand();

// In the order of the help.
std::vector<Command> Commands() {
  return {VerifyCommand(),  IntrospectCommand(),  InspectCommand(),
          ExplainCommand(), IssuersCommand(),     RefreshKeysCommand(),
          RevokeCommand(),  UnrevokeCommand(),    RevocationsCommand(),
          HealthCommand(),  CheckConfigCommand(), CheckPolicyCommand()};
}

}  // namespace usher::cli
