#include <memory>

#include "client/cli/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/print/format.h"
#include "client/cli/print/table.h"
#include "client/cli/remote/request_flags.h"
#include "client/cli/token/inspection.h"
#include "client/cli/token/token_source.h"
#include "lib/base/json_writer.h"
#include "lib/base/strings.h"

namespace usher::cli {
namespace {

struct Options {
  std::optional<std::string> token;
  bool json = false;
};

constexpr std::string_view kWarning =
    "NOT VERIFIED: nobody checked the signature; it may say anything";

void PrintMembers(std::string_view title,
                  const std::optional<std::vector<Inspection::Member>>& members,
                  Console& console) {
  if (!members) return;
  Rows rows;
  for (const Inspection::Member& member : *members) {
    rows.Add(Visible(member.name), Visible(member.value));
  }
  console.out << console.paint(Colour::kBold, title) << "\n";
  rows.Print(console.out);
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
  PrintList("its form is wrong", inspection.faults, Colour::kRed, console);
  PrintList("odd: this token", inspection.oddities, Colour::kYellow, console);
}

void PrintObject(const Inspection& inspection, Console& console) {
  base::JsonObject object;
  object.Add("verified", false).Add("warning", kWarning);
  if (inspection.header_json) object.AddRaw("header", *inspection.header_json);
  if (inspection.claims_json) object.AddRaw("claims", *inspection.claims_json);
  if (inspection.signature_bytes) {
    object.Add("signatureBytes", *inspection.signature_bytes);
  }
  object.Add("faults", inspection.faults).Add("oddities", inspection.oddities);
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
  return inspection.faults.empty() ? ExitStatus::kFine : ExitStatus::kNo;
}

}  // namespace

Run AddInspect(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  AddTokenOption(options->token, arguments);
  arguments.Flag({"--json", "", "Print one JSON object"}, options->json);
  return
      [options](Console& console) { return InspectToken(*options, console); };
}

}  // namespace usher::cli
