#include "client/cli/print/admin_answers.h"

#include <array>
#include <string>
#include <vector>

#include "client/cli/print/format.h"
#include "client/cli/print/table.h"
#include "client/cli/print/verdict.h"
#include "lib/base/text/strings.h"
#include "lib/rpc/time.h"

namespace usher::cli {
namespace {

using rpc::FromWire;

struct OutcomeText {
  v1::Check::Outcome outcome;
  std::string_view text;
  Colour colour;
};
constexpr auto kOutcomes = std::to_array<OutcomeText>({
    {v1::Check::PASSED, "passed", Colour::kGreen},
    {v1::Check::FAILED, "FAILED", Colour::kRed},
    {v1::Check::UNDECIDED, "UNDECIDED", Colour::kYellow},
    {v1::Check::NOT_REACHED, "not reached", Colour::kDim},
});
constexpr OutcomeText kOther = {v1::Check::OUTCOME_UNSPECIFIED, "unknown",
                                Colour::kYellow};

const OutcomeText& TextFor(v1::Check::Outcome outcome) {
  for (const OutcomeText& row : kOutcomes) {
    if (row.outcome == outcome) return row;
  }
  return kOther;
}

// The first column. Padded before it is coloured, because colour codes take no
// width.
std::string Mark(const OutcomeText& row, const Paint& paint) {
  std::string text(row.text);
  text.resize(std::string_view("not reached").size(), ' ');
  return paint(row.colour, text);
}

std::string Detail(const v1::Check& check) {
  std::string detail = Visible(check.detail());
  if (!check.has_reason() || !v1::Reason_IsValid(check.reason())) return detail;
  const std::string& name = v1::Reason_Name(check.reason());
  return detail.empty() ? name : base::StrCat(name, ": ", detail);
}

std::string State(const v1::IssuerStatus& issuer) {
  if (!issuer.ready()) return "NO KEYS";
  return issuer.stale() ? "stale" : "ready";
}

std::vector<std::string> Cells(const v1::IssuerStatus& issuer, absl::Time now) {
  const std::string age =
      issuer.has_last_success()
          ? ShortDuration(std::max(absl::ZeroDuration(),
                                   now - FromWire(issuer.last_success())))
          : "never";
  const std::string next =
      issuer.has_next_refresh()
          ? RelativeTime(FromWire(issuer.next_refresh()), now)
          : "-";
  std::string error = issuer.has_last_error() ? issuer.last_error() : "-";
  if (issuer.consecutive_failures() > 1) {
    error += base::StrCat(" (", issuer.consecutive_failures(), " in a row)");
  }
  return {Visible(issuer.name()),
          Visible(issuer.issuer()),
          State(issuer),
          std::to_string(issuer.keys_size()),
          age,
          next,
          Visible(error)};
}

// "key-1, key-2"; a key without kid by its thumbprint.
std::string Names(
    const google::protobuf::RepeatedPtrField<v1::KeyStatus>& keys) {
  if (keys.empty()) return "-";
  std::vector<std::string> names;
  for (const v1::KeyStatus& key : keys) {
    names.push_back(
        Visible(key.has_key_id() ? key.key_id() : key.thumbprint()));
  }
  return base::Join(names, ", ");
}

}  // namespace

void Print(const v1::ExplainResponse& response, Console& console) {
  size_t widest = 0;
  for (const v1::Check& check : response.checks()) {
    widest = std::max(widest, Width(Visible(check.name())));
  }
  for (const v1::Check& check : response.checks()) {
    const std::string name = Visible(check.name());
    std::string line =
        base::StrCat(Mark(TextFor(check.outcome()), console.paint), "  ", name,
                     std::string(widest - Width(name) + 2, ' '), Detail(check));
    line.erase(line.find_last_not_of(' ') + 1);
    console.out << line << "\n";
  }
  if (response.checks_size() > 0) console.out << "\n";
  Print(response.response(), console);
}

void Print(const v1::ListIssuersResponse& response, Console& console) {
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "ISSUER", "STATE", "KEYS", "AGE", "REFRESH", "LAST ERROR"}};
  for (const v1::IssuerStatus& issuer : response.issuers()) {
    rows.push_back(Cells(issuer, console.now));
  }
  PrintTable(rows, console.out);
  for (const v1::IssuerStatus& issuer : response.issuers()) {
    for (const std::string& ignored : issuer.ignored_keys()) {
      console.out << "note: " << Visible(issuer.name())
                  << ": key ignored: " << Visible(ignored) << "\n";
    }
  }
}

void Print(const v1::RefreshKeysResponse& response, Console& console) {
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "KEYS", "ADDED", "REMOVED", "ERROR"}};
  for (const v1::RefreshedIssuer& issuer : response.issuers()) {
    rows.push_back({Visible(issuer.name()), std::to_string(issuer.keys_size()),
                    Names(issuer.added()), Names(issuer.removed()),
                    issuer.has_error() ? Visible(issuer.error()) : "-"});
  }
  PrintTable(rows, console.out);
}

}  // namespace usher::cli
