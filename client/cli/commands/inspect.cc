#include <memory>

#include "client/cli/base/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/print/format.h"
#include "client/cli/print/table.h"
#include "client/cli/remote/request_flags.h"
#include "client/cli/token/inspection.h"
#include "client/cli/token/token_source.h"
#include "lib/base/json_writer.h"
#include "lib/base/text/strings.h"
#include "lib/base/text/visible.h"

namespace usher::cli {
namespace {

struct Options {
  std::optional<std::string> token;
  bool json = false;
};

constexpr std::string_view kWarning =
    "NOT VERIFIED: the signature was not checked; any claim may be false";

void PrintMembers(std::string_view title,
                  const std::optional<std::vector<Inspection::Member>>& members,
                  Console& console) {
  if (!members) return;
  Fields fields;
  for (const Inspection::Member& member : *members) {
    fields.Add(Visible(member.name), Visible(member.value));
  }
  console.out << console.paint(Colour::kBold, title) << "\n";
  fields.Print(console.out);
}

void PrintList(std::string_view title, const std::vector<std::string>& items,
               Colour colour, Console& console) {
  if (items.empty()) return;
  console.out << console.paint(colour, title) << "\n";
  for (const std::string& item : items) {
    console.out << "  - " << Visible(item) << "\n";
  }
}

void PrintText(const Inspection& inspection, Console& console) {
  console.out << console.paint(Colour::kYellow, kWarning) << "\n";
  PrintMembers("header", inspection.header, console);
  PrintMembers("claims", inspection.claims, console);
  if (inspection.signature_bytes) {
    console.out << console.paint(Colour::kBold, "signature") << "\n  "
                << *inspection.signature_bytes << " bytes\n";
  }
  PrintList("malformed", inspection.errors, Colour::kRed, console);
  PrintList("unusual: this token", inspection.lints, Colour::kYellow, console);
}

void PrintObject(const Inspection& inspection, Console& console) {
  base::JsonObject object;
  object.Add("verified", false).Add("warning", kWarning);
  if (inspection.header_json) {
    object.AddRaw("header", base::VisibleJson(*inspection.header_json));
  }
  if (inspection.claims_json) {
    object.AddRaw("claims", base::VisibleJson(*inspection.claims_json));
  }
  if (inspection.signature_bytes) {
    object.Add("signatureBytes", *inspection.signature_bytes);
  }
  object.Add("faults", inspection.errors).Add("oddities", inspection.lints);
  console.out << object.Text() << "\n";
}

ExitStatus InspectToken(const Options& options, Console& console) {
  const auto token = ReadToken(options.token, console);
  if (!token.ok()) {
    console.Fail(base::Std(token.status().message()));
    return ExitStatus::kUsage;
  }
  const Inspection inspection = Inspect(token->Reveal(), console.now);
  if (options.json) {
    PrintObject(inspection, console);
  } else {
    PrintText(inspection, console);
  }
  return inspection.errors.empty() ? ExitStatus::kOk : ExitStatus::kNo;
}

Run Add(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  AddTokenOption(options->token, arguments);
  arguments.Flag({"--json", "", "Print one JSON object"}, options->json);
  return
      [options](Console& console) { return InspectToken(*options, console); };
}

constexpr std::string_view kNotes =
    R"(Works offline and checks no signature, so the claims prove nothing. Shows
when the token expires, what is unusual about it, and which part is malformed.

Exit status:
  0  well-formed
  1  malformed
  2  the command line is wrong

Examples:
  usher inspect < token.txt
  usher inspect @token.txt --json | jq .claims.sub)";

}  // namespace

Command InspectCommand() {
  return {
      .name = "inspect",
      .summary = "Show what a token contains, without verifying it",
      .add = Add,
      .notes = kNotes,
  };
}

}  // namespace usher::cli
