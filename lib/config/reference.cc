// docs/configuration.md: prose here, the tables from the key table.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/strings.h"
#include "lib/config/config.h"
#include "lib/config/examples.h"
#include "lib/config/reference_tables.h"
#include "lib/config/scalars.h"
#include "lib/config/schema.h"

namespace usher::config {
namespace {

using base::StrCat;

constexpr std::string_view kOpening = R"(# Configuration

`usherd --config usher.yaml` reads one YAML file. `usher check-config usher.yaml`
reads it the same way, says everything that is wrong with it, and starts nothing.

The file is judged whole:

- Every fault is told at once, each led by its path and ended by its line:
  `issuers[1].audiences: must not be empty (line 14)`. With one fault the service
  does not start, and a running one keeps what it had.
- A key that is not in the tables below is a fault, with the key that was probably
  meant; so is a key said twice.
- An empty list never means "any".
- What loosens security has a name that begins with `insecure_`, is off by default,
  and is logged at every start.

A changed file is [taken while the service runs](operations.md#changing-the-configuration).
)";

constexpr std::string_view kSmallestOpening = R"(## The smallest configuration

)";

constexpr std::string_view kSmallestClosing = R"(
One issuer. It listens on this machine only, so neither TLS nor callers are needed;
the keys are found by discovery, over HTTPS; everything else is as the tables say.

)";

constexpr std::string_view kFullOpening = R"(## Every key once

)";

constexpr std::string_view kFormats = R"(## How values are written

- **Durations** are whole numbers with a unit: `500ms`, `60s`, `5m`, `24h`, or
  several, the larger first: `1h30m`. A number without a unit is a fault.
- **Sizes** have a unit too: `65536B`, `64KiB`, `128MiB`, `2GiB`.
- **Whole numbers** are decimal digits; `017` and `1e3` are faults.
- **true and false** are these two words, without quotes. `yes`, `no`, `on` and
  `off` are faults.
- **Addresses** to listen on are `127.0.0.1:9443`, `[::1]:9443`, `localhost:9443`,
  or, for gRPC, `unix:/run/usher.sock`. Of host names only `localhost` is taken:
  what others stand for may change. Port 0 is any free port.
- **Local** addresses are those of 127.0.0.0/8, `::1`, `localhost` and Unix sockets.
  No other machine can reach them, so they need no TLS and no callers.
- **Paths** are relative to the directory of the configuration file. The files that
  it names are read when it is: one that is missing is a fault at once.
- **Text** may be quoted or not, and is taken exactly as written: `no` is the text
  "no".
- Not taken: anchors, aliases and tags (`&`, `*`, `!`), a second document, files
  above 4 MiB. Nothing is read from environment variables.

)";

constexpr std::string_view kTogether = R"(## What must fit together

- Other machines can reach `listen`: it needs `tls` and `callers`.
- `callers` are told by their certificates: they need `tls.client_ca`.
- A caller's audiences are among the issuers'. No two callers have the same name or
  certificate, no two issuers the same name or `issuer`.
- Other machines can reach `admin.listen`: it needs `admin.tls` with `client_ca`.
- No two listeners have the same port.
- `keys` says exactly one way of getting keys. A key set in a file or in the
  configuration must hold at least one key that can be used; keys that cannot are
  told as warnings.

)";

// What the tables are made of, in the order of the page.
struct Section {
  std::string_view title;
  std::string_view prefix;  // of the paths in it
  std::string_view opening;
};
constexpr auto kSections = std::to_array<Section>({
    {"The service", "", ""},
    {"Callers", "callers[].", "One element for each service that may ask.\n\n"},
    {"Issuers", "issuers[].",
     "One element for each provider whose tokens are taken.\n\n"},
});

// The section of `path`: the last one whose prefix fits.
const Section* SectionOf(std::string_view path) {
  const Section* found = nullptr;
  for (const Section& section : kSections) {
    if (path.starts_with(section.prefix)) found = &section;
  }
  return found;
}

std::string TableOf(const Section& section, const std::vector<Entry>& entries) {
  std::string out =
      StrCat("## ", section.title, "\n\n", section.opening, kTableHead);
  for (const Entry& entry : entries) {
    if (SectionOf(entry.path) != &section) continue;
    const std::string_view path =
        std::string_view(entry.path).substr(section.prefix.size());
    out += TableRow(path, entry);
  }
  return out + "\n";
}

std::string Fetches() {
  const jwks::RefreshLimits limits;
  const http::Request fetch;
  return StrCat("A fetch that fails is tried again after ",
                DurationText(limits.first_retry), ", doubling to ",
                DurationText(limits.last_retry),
                ", for each issuer by itself. A fetch is over HTTPS, follows "
                "no redirect, and takes at most ",
                DurationText(fetch.timeout), " and ", SizeText(fetch.max_body),
                ".\n\n");
}

// The outermost keys that are taken in one way: "`issuers`, `callers`".
std::string OutermostKeys(Taken taken, const std::vector<Entry>& entries) {
  std::string out;
  std::string_view last = "-";
  for (const Entry& entry : entries) {
    if (entry.taken != taken || entry.path.starts_with(last)) continue;
    last = entry.path;
    out += StrCat(out.empty() ? "`" : ", `", entry.path, "`");
  }
  return out;
}

std::string Reloading(const std::vector<Entry>& entries) {
  return StrCat("These keys then count at once, with all they hold: ",
                OutermostKeys(Taken::kByReload, entries),
                ".\nThese wait for a restart: ",
                OutermostKeys(Taken::kAtRestart, entries), ".\n\n");
}

std::string LoudTable(const std::vector<Entry>& entries) {
  std::string out =
      "## Everything that loosens security\n\n"
      "All of it is off unless said. Each one that is on is logged as a "
      "warning "
      "at every start, and by `usher check-config`.\n\n"
      "| Key | What it gives up |\n|---|---|\n";
  for (const Entry& entry : entries) {
    if (!IsLoud(entry.path)) continue;
    out += StrCat("| `", entry.path, "` | ", entry.meaning, " |\n");
  }
  return out;
}

}  // namespace

std::string Reference() {
  const std::vector<Entry> entries = Entries();
  std::string out = StrCat(kOpening, Reloading(entries), kSmallestOpening,
                           Fenced(kSmallestExample), kSmallestClosing,
                           kFullOpening, Fenced(kFullExample), "\n");
  for (const Section& section : kSections) out += TableOf(section, entries);
  return StrCat(out, Fetches(), kFormats, kTogether, LoudTable(entries));
}

}  // namespace usher::config
