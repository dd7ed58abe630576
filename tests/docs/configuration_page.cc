// docs/configuration.md: the prose is here, the tables come from the tables of
// fields.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/text/strings.h"
#include "lib/config/fields.h"
#include "lib/yaml/scalars.h"
#include "tests/docs/examples.h"
#include "tests/docs/pages.h"
#include "tests/docs/tables.h"

namespace usher::docs {
namespace {

using base::StrCat;
using yaml::AppliedOn;
using yaml::FieldDoc;

constexpr std::string_view kOpening = R"(# Configuration

`usherd --config usher.yaml` reads one YAML file. `usher check-config usher.yaml`
reads it in the same way, reports everything that is wrong with it, and starts
nothing.

The file is checked as a whole:

- All errors are reported at once, each with its path and line:
  `issuers[1].audiences: must not be empty (line 14)`. With an error the service
  does not start; a running service keeps its configuration.
- A key that is not in the tables below is an error; the message suggests the key
  that was probably meant. A duplicate key is an error too.
- An empty list never means "any".
- Every key that weakens security has a name that begins with `insecure_`. It is
  off by default, and a warning is logged at every start if it is on.

A changed file is [applied while the service runs](operations.md#changing-the-configuration).
)";

constexpr std::string_view kSmallestOpening = R"(## The smallest configuration

)";

constexpr std::string_view kSmallestClosing = R"(
One issuer. The service listens on this machine only, so it needs neither TLS nor
callers. The keys are found by discovery, over HTTPS. All other keys have their
defaults.

)";

constexpr std::string_view kFullOpening = R"(## Every key once

)";

constexpr std::string_view kFormats = R"(## How values are written

- **Durations** are whole numbers with a unit: `500ms`, `60s`, `5m`, `24h`, or
  several, the larger unit first: `1h30m`. A number without a unit is an error.
- **Sizes** have a unit too: `65536B`, `64KiB`, `128MiB`, `2GiB`.
- **Whole numbers** are decimal digits; `017` and `1e3` are errors.
- **true and false** are exactly these two words, without quotes. `yes`, `no`, `on`
  and `off` are errors.
- **Addresses** to listen on are `127.0.0.1:9443`, `[::1]:9443`, `localhost:9443`,
  or, for gRPC, `unix:/run/usher.sock`. `localhost` is the only valid host name,
  because the addresses of other names can change. Port 0 means any free port.
  `0.0.0.0` and `[::]` both mean every address of the machine, IPv4 and IPv6.
- **Local** addresses are those of 127.0.0.0/8, `::1`, `localhost` and Unix sockets.
  No other machine can reach them, so they need no TLS and no callers.
- **Paths** are relative to the directory of the configuration file. The files are
  read together with it, so a missing one is an error at once.
- **Text** can be quoted or not, and is used exactly as written: `no` is the text
  "no".
- Not supported: anchors, aliases and tags (`&`, `*`, `!`), a second document, files
  above 4 MiB. Environment variables are never read.

)";

constexpr std::string_view kCombinations = R"(## Rules for combinations

- If other machines can reach `listen`, it needs `tls` and `callers`.
- `callers` are identified by their certificates, so they need `tls.client_ca`.
- The audiences of a caller must be audiences of issuers. No two callers have the
  same name or certificate; no two issuers have the same name or `issuer`.
- If other machines can reach `admin.listen`, it needs `admin.tls` with `client_ca`.
- No two listeners have the same port.
- A placeholder in `issuer` and `tenants` go together; `tenants` has exactly one of
  `allow` and `pattern`. An issuer that is configured by itself comes before the
  template that it fits too. Keys are fetched from the host of the template, of
  `keys.discovery_url` or `keys.jwks_url`, and from `keys.allowed_hosts`.
- Conditions in `claims` are written as in a [policy file](policy.md#a-claim). One
  more is `matches`: an [RE2](https://github.com/google/re2/wiki/Syntax) pattern, or a
  list of them, of which one must match the whole text, or a text of the array. A
  claim that is absent, null or of another type fulfils no condition.
- `introspection` has the files that its `auth` needs, and no others. No two issuers have
  prefixes of which one begins with the other, and one at most is the default: an opaque
  token is shown to one issuer only. `keys: {none: true}` needs `introspection`.
- `keys` has exactly one source of keys. A key set in a file or in the
  configuration must have at least one usable key; there is a warning for each key
  that is not usable.
- A certificate file has the certificate of its private key first, then the one that
  issued it, and so on. The private key has no passphrase: nothing could ask for it.

)";

// The tables, in the order of the page.
struct Table {
  std::string_view title;
  std::string_view prefix;  // of the paths in it
  std::string_view opening;
};
constexpr auto kTables = std::to_array<Table>({
    {"The service", "", ""},
    {"Callers", "callers[].", "One element for each client service.\n\n"},
    {"Issuers", "issuers[].",
     "One element for each issuer whose tokens are accepted.\n\n"},
});

// The table of `path`: the last one whose prefix matches.
const Table* TableFor(std::string_view path) {
  const Table* found = nullptr;
  for (const Table& table : kTables) {
    if (path.starts_with(table.prefix)) found = &table;
  }
  return found;
}

std::string Format(const Table& table, const std::vector<FieldDoc>& docs) {
  std::string out =
      StrCat("## ", table.title, "\n\n", table.opening, kTableHead);
  for (const FieldDoc& doc : docs) {
    if (TableFor(doc.path) != &table) continue;
    out +=
        TableRow(std::string_view(doc.path).substr(table.prefix.size()), doc);
  }
  return out + "\n";
}

std::string Fetches() {
  const jwks::RefreshLimits limits;
  const http::Request fetch;
  return StrCat("A failed fetch is repeated after ",
                yaml::DurationText(limits.first_retry),
                ". The delay doubles up to ",
                yaml::DurationText(limits.last_retry),
                ", for each issuer separately. Fetches use HTTPS, follow no "
                "redirects, and are limited to ",
                yaml::DurationText(fetch.timeout), " and ",
                yaml::SizeText(fetch.max_body), ".\n\n");
}

// The outermost keys that are applied in one way: "`issuers`, `callers`".
std::string OutermostKeys(AppliedOn applied_on,
                          const std::vector<FieldDoc>& docs) {
  std::string out;
  std::string_view last = "-";
  for (const FieldDoc& doc : docs) {
    if (doc.applied_on != applied_on || doc.path.starts_with(last)) continue;
    last = doc.path;
    out += StrCat(out.empty() ? "`" : ", `", doc.path, "`");
  }
  return out;
}

std::string Reloading(const std::vector<FieldDoc>& docs) {
  return StrCat("Applied at once, with everything inside: ",
                OutermostKeys(AppliedOn::kReload, docs),
                ".\nApplied by a restart only: ",
                OutermostKeys(AppliedOn::kRestart, docs), ".\n\n");
}

std::string InsecureTable(const std::vector<FieldDoc>& docs) {
  std::string out =
      "## Keys that weaken security\n\n"
      "All of them are off by default. A warning is logged at every start for "
      "each one that is on, and `usher check-config` prints it.\n\n"
      "| Key | Effect |\n|---|---|\n";
  for (const FieldDoc& doc : docs) {
    if (!yaml::IsInsecure(doc.path)) continue;
    out += StrCat("| `", doc.path, "` | ", doc.description, " |\n");
  }
  return out;
}

}  // namespace

std::string ConfigurationPage() {
  const std::vector<FieldDoc> docs = config::FieldDocs();
  std::string out = StrCat(kOpening, Reloading(docs), kSmallestOpening,
                           Fenced(kSmallestExample), kSmallestClosing,
                           kFullOpening, Fenced(kFullExample), "\n");
  for (const Table& table : kTables) out += Format(table, docs);
  return StrCat(out, Fetches(), kFormats, kCombinations, InsecureTable(docs));
}

}  // namespace usher::docs
