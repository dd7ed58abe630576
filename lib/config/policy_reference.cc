// docs/policy.md: prose here, the tables from the key tables.
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/strings.h"
#include "lib/config/policy_keys.h"
#include "lib/config/reference_tables.h"

namespace usher::config {

const std::string_view kPolicyExample =
    R"(# Which methods want what of their callers.
audiences: [orders]

services:
  shop.v1.Orders: {scopes: [orders.read, orders.admin], scope_match: any}
  shop.v1.Catalogue: {}                # any good token
methods:
  /shop.v1.Orders/Version: public      # no token at all
  /shop.v1.Orders/Delete:
    scopes: [orders.write]
    claims:
      tenant: acme                     # exactly this text
      email_verified: true
      department: {one_of: [sales, support]}
      realm_access.roles: {contains: admin}       # roles in realm_access
      https://example\.com/region: {present: true}
  /shop.v1.Orders/Bill: {scopes: [billing], audiences: [billing]}

default: {scopes: [orders.admin]}      # whatever has no word above
health: public
reflection: {scopes: [ops]}
)";

namespace {

constexpr std::string_view kOpening = R"(# The policy file

A guarded server can read its [policy](guard.md#the-policy) from a YAML file, `GuardOptions::policy_file`, instead of
having it in code. It means the same in both. `usher check-policy FILE` says what the file says of each method of a
server, and which of its rules match none.

)";

constexpr std::string_view kMiddle = R"(
The most particular word counts: method, then service, then default. A method of which nothing is said may be called
by nobody.

The file is judged whole: every fault is told at once, led by its path and ended by its line, and a file with one fault
is not used. A key that is not in the tables below is a fault, with the key that was probably meant. An empty list
never means "any".

## The file

)";

constexpr std::string_view kRuleOpening = R"(
## A rule

Either the word `public`, which wants no token and looks at none, or a mapping; `{}` wants a good token and no more.

)";

constexpr std::string_view kClaimOpening = R"(
## A claim

A value, or a mapping with at least one of these keys, all of which hold. `true` and `false` without quotes are these,
whole numbers without quotes are numbers, everything else is text; "5" in quotes is text. Types are exact: text is never
equal to a number. A claim that is absent, null or of another type fulfils nothing.

)";

constexpr std::string_view kClosing = R"(
A claim's name is its name in the token. A dot leads into an object: `realm_access.roles` is `roles` in `realm_access`.
A dot that belongs to a name is written `\.`, a backslash `\\`: `https://example\.com/region`. Within double quotes YAML
wants each backslash twice; single quotes or none are simpler.

## When the file changes

The guard looks at the file every second, through symbolic links, so that Kubernetes' swap of a ConfigMap is seen too. A
change is read when the file has stood still between two looks, so that one that is being written in place is not read
in halves; replacing it whole (`mv`) is better still. `Guard::ReloadPolicy()` reads it at once.

A file without faults takes the place of the old policy as a whole: each call is judged by the one or the other. A call
that waits for `usherd` meanwhile is judged by the policy by which it began. A file with faults, or one that cannot be
read, changes nothing: the old policy stays in force, gRPC's log says why, and
`GuardObserver::OnPolicyReload` hears of it (`usher_guard_policy_reloads_total`).

Whoever can write the file decides who may call what: protect it as you protect the program.
)";

template <typename T>
std::string TableOf(std::span<const Key<T>> keys) {
  std::vector<Entry> entries;
  Describe<T>("", keys, T{}, entries);
  std::string out(kTableHead);
  for (const Entry& entry : entries) out += TableRow(entry.path, entry);
  return out;
}

}  // namespace

std::string PolicyReference() {
  return base::StrCat(kOpening, Fenced(kPolicyExample), kMiddle,
                      TableOf<Policy>(PolicyKeys()), kRuleOpening,
                      TableOf<PolicyRule>(RuleKeys()), kClaimOpening,
                      TableOf<ClaimDemands>(ClaimKeys()), kClosing);
}

}  // namespace usher::config
