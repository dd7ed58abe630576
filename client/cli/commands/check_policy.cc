#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "client/cli/base/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/print/format.h"
#include "client/cli/print/policy_report.h"
#include "client/cli/remote/connection.h"
#include "client/cli/remote/server_methods.h"
#include "client/cli/token/token_source.h"
#include "client/core/wire.h"
#include "lib/base/file.h"
#include "lib/base/text/strings.h"
#include "lib/policy/policy_file.h"

namespace usher::cli {
namespace {

struct Options {
  std::string file;
  std::vector<std::string> descriptors;
  std::optional<std::string> token;
  Connection connection = {
      .flag = "--server", .target = "", .server = "the server"};
  bool json = false;

  bool knows_methods() const {
    return !descriptors.empty() || !connection.target.empty();
  }
};

std::string_view Advice(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNIMPLEMENTED:
      return "the server has no reflection (v1alpha); use "
             "--descriptors FILE instead";
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return "its reflection is guarded; try --token @FILE";
    default:
      return "check that the server runs there and uses TLS";
  }
}

ExitStatus AskServer(const Options& options, Console& console,
                     Methods& methods) {
  const auto usage = [&](const absl::Status& error) {
    console.Fail(base::Std(error.message()));
    return ExitStatus::kUsage;
  };
  const auto settings = OptionsOf(options.connection, console);
  if (!settings.ok()) return usage(settings.status());
  auto transport = Connect(options.connection, console);
  if (!transport.ok()) return usage(transport.status());
  std::string authorization;
  if (options.token) {
    const auto token = ReadToken(options.token, console);
    if (!token.ok()) return usage(token.status());
    // gRPC ends the process if metadata holds other bytes.
    if (client::PrecheckToken(token->Reveal())) {
      return usage(absl::InvalidArgumentError(
          "--token: is not a token: it is too long, or contains bytes that no "
          "token may contain; `usher inspect` shows which"));
    }
    authorization = base::StrCat("Bearer ", token->Reveal());
  }
  const grpc::Status status =
      AddFromReflection((*transport)->channel(), authorization,
                        absl::Now() + settings->deadline, methods);
  if (status.ok()) return ExitStatus::kOk;
  console.Fail(base::StrCat("cannot ask ", options.connection.target, ": ",
                            status.error_message()));
  console.err << "  " << Advice(status) << "\n";
  return ExitStatus::kUndecided;
}

ExitStatus CheckPolicy(const Options& options, Console& console) {
  const auto text = policy::ReadPolicyFile(options.file);
  policy::FilePolicy file;
  if (text.ok()) {
    file = policy::ParsePolicyFile(*text);
  } else {
    file.errors.push_back(
        base::StrCat("policy: ", base::Std(text.status().message())));
  }
  Methods methods;
  for (const std::string& path : options.descriptors) {
    const absl::Status status = AddFromDescriptors(path, methods);
    if (status.ok()) continue;
    console.Fail(base::Std(status.message()));
    return ExitStatus::kUsage;
  }
  if (file.errors.empty() && !options.connection.target.empty()) {
    const ExitStatus asked = AskServer(options, console, methods);
    if (asked != ExitStatus::kOk) return asked;
  }
  PolicyReport report(base::PathForMessage(options.file), std::move(file));
  if (options.knows_methods()) report.Evaluate(methods);
  if (options.json) {
    console.out << report.Json() << "\n";
  } else {
    report.Print(console);
  }
  return report.is_ok() ? ExitStatus::kOk : ExitStatus::kNo;
}

Run Add(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.Required({"file", "FILE", "The policy of a guarded server (YAML)"},
                     options->file);
  arguments.List({"--descriptors", "FILE",
                  "A descriptor set of the server's services, as protoc "
                  "--descriptor_set_out writes it; may be repeated"},
                 options->descriptors);
  arguments.Flag({"--json", "", "Print one JSON object"}, options->json);
  AddOptions(options->connection, arguments);
  arguments.Group("Connection");
  arguments.Text({"--token", "TOKEN",
                  "A token for the server's reflection, if that needs one: "
                  "@FILE, or - for standard input"},
                 options->token);
  arguments.Group("");
  return [options](Console& console) { return CheckPolicy(*options, console); };
}

constexpr std::string_view kNotes =
    R"(Prints all errors of the policy at once, each with its path and line. With the
server's methods, from reflection or from descriptors, it lists what each method
requires, or that no caller may use it, and the rules that match no method,
which are usually typing errors. A policy need not mention gRPC's own services
(health, reflection, channelz).

Exit status:
  0  no errors; every method has a rule; every rule has a method
  1  errors, a method without a rule, or a rule without a method
  2  the command line is wrong, or descriptors cannot be read
  3  the server cannot be reached

Examples:
  usher check-policy policy.yaml
  usher check-policy policy.yaml --server 127.0.0.1:50051
  usher check-policy policy.yaml --server dns:///orders:443 --token @token.txt
  protoc -I proto --descriptor_set_out=shop.pb proto/shop/v1/orders.proto
  usher check-policy policy.yaml --descriptors shop.pb --json | \
      jq -r '.methods[] | select(.verdict == "public") | .method')";

}  // namespace

Command CheckPolicyCommand() {
  return {
      .name = "check-policy",
      .summary = "Show what a policy requires for each method of a server",
      .add = Add,
      .notes = kNotes,
  };
}

}  // namespace usher::cli
