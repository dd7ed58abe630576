#include <algorithm>
#include <charconv>
#include <memory>
#include <string>
#include <vector>

#include "client/cli/base/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/print/json_output.h"
#include "client/cli/print/revocations.h"
#include "client/cli/remote/ask_admin.h"
#include "client/cli/remote/connection.h"
#include "client/cli/remote/revocation_flags.h"

namespace usher::cli {
namespace {

constexpr uint32_t kLargestPage = 1000;

struct Options {
  Connection connection = Connection::ToAdmin();
  std::vector<std::string> issuers;
  std::string limit = "100";
  bool json = false;
};

std::variant<ExitStatus, v1::ListRevocationsResponse> Ask(
    const Options& options, const v1::ListRevocationsRequest& request,
    Console& console) {
  return AskAdmin<v1::ListRevocationsResponse>(
      options.connection, request,
      &v1::AdminService::Stub::PrepareAsyncListRevocations, console,
      [&](const grpc::Status& status) {
        return PrintRevocationFailure(status, options.connection, console);
      });
}

ExitStatus Revocations(const Options& options, Console& console) {
  uint32_t left = 0;
  const char* const end = options.limit.data() + options.limit.size();
  const auto [read, error] = std::from_chars(options.limit.data(), end, left);
  if (error != std::errc() || read != end || left == 0) {
    console.Fail("--limit: must be a number above 0");
    return ExitStatus::kUsage;
  }
  if (options.issuers.size() > 1) {
    console.Fail("name at most one issuer");
    return ExitStatus::kUsage;
  }
  v1::ListRevocationsRequest request;
  if (!options.issuers.empty()) request.set_issuer_name(options.issuers[0]);
  v1::ListRevocationsResponse all;
  do {
    request.set_page_size(std::min(left, kLargestPage));
    auto reply = Ask(options, request, console);
    if (const auto* status = std::get_if<ExitStatus>(&reply)) return *status;
    auto& page = std::get<v1::ListRevocationsResponse>(reply);
    left -= std::min(left, static_cast<uint32_t>(page.revocations_size()));
    request.set_page_token(page.next_page_token());
    // The pages before, and then this one, with its token and total.
    all.clear_next_page_token();
    all.MergeFrom(page);
  } while (left > 0 && !request.page_token().empty());
  if (options.json) {
    PrintJson(all, console.out);
  } else {
    Print(all, console);
  }
  return ExitStatus::kOk;
}

Run Add(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.Positional(
      {"issuer", "ISSUER", "Those of one issuer only, by its name"},
      options->issuers);
  arguments.Text({"--limit", "NUMBER", "The most to show, the newest first"},
                 options->limit);
  AddOptions(options->connection, arguments);
  arguments.Flag({"--json", "", "Print the answer as proto JSON"},
                 options->json);
  return [options](Console& console) { return Revocations(*options, console); };
}

constexpr std::string_view kNotes =
    R"(ISSUED UNTIL: tokens that were issued later are accepted. KEPT UNTIL: then no
token that it covers can be accepted any more, and usherd removes it. The last
line says how many there are in all.

Exit status:
  0  listed
  2  the command line is wrong, or usherd keeps no revocations
  3  the store cannot be read, or usherd cannot be reached

Examples:
  usher revocations
  usher revocations corp --limit 5000 --json | jq '.revocations[].target')";

}  // namespace

Command RevocationsCommand() {
  return {
      .name = "revocations",
      .summary = "List the revocations in force",
      .add = Add,
      .notes = kNotes,
  };
}

}  // namespace usher::cli
