// docs/policy.md: the prose is here, the tables come from the tables of fields.
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/text/strings.h"
#include "lib/policy/policy_fields.h"
#include "tests/docs/examples.h"
#include "tests/docs/pages.h"
#include "tests/docs/tables.h"

namespace usher::docs {
namespace {

constexpr std::string_view kOpening = R"(# The policy file

A guarded server can read its [policy](guard.md#the-policy) from a YAML file, `GuardOptions::policy_file`, instead of
building it in code. Both forms have the same meaning. `usher check-policy FILE` shows which rule applies to each method
of a server, and which rules apply to no method.

)";

constexpr std::string_view kMiddle = R"(
The most specific rule applies: method, then service, then default. A method without a rule is refused to everyone.

The file is checked as a whole: all errors are reported at once, each with its path and line, and a file with an error
is not used. A key that is not in the tables below is an error; the message suggests the key that was probably meant. An
empty list never means "any".

## The file

)";

constexpr std::string_view kRuleOpening = R"(
## A rule

A rule is a mapping, or the word `public`. `{}` requires an accepted token and nothing else.

)";

constexpr std::string_view kRuleClosing = R"(
With `optional: true` the `authorization` header decides:

- Without it, the call is admitted and has no caller: `FindCaller()` returns null.
- With it, the call is checked as if the rule were not optional. A denied token is refused. An undecided token is
  `UNAVAILABLE`. The call never becomes anonymous.

`public` and `optional` exclude each other, and `default` can be neither.
)";

constexpr std::string_view kClaimOpening = R"(
## A claim

A condition is a value, or a mapping with at least one of these keys; then all of them must hold. `true` and `false`
without quotes are Booleans, whole numbers without quotes are numbers, and everything else is text; "5" in quotes is
text. Types are exact: text never equals a number. A claim that is absent, null or of another type fulfils no condition.

)";

constexpr std::string_view kClosing = R"(
A claim's name is its name in the token. A dot leads into an object: `realm_access.roles` is `roles` inside
`realm_access`. A dot in a name is written `\.`, a backslash `\\`: `https://example\.com/region`. Inside double quotes,
YAML needs each backslash twice; single quotes or no quotes are simpler.

## When the file changes

The guard checks the file every second. It follows symbolic links, so it also sees when Kubernetes replaces a ConfigMap.
A changed file is read once it is the same in two checks, so that a file which is being written in place is not read in
parts. It is still better to replace the file (`mv`). `Guard::ReloadPolicy()` reads it at once.

A file without errors replaces the old policy as a whole: each call is checked by the one or the other. A call that
waits for the verdict on its token keeps the policy with which it began. A file that has errors or cannot be read changes
nothing: the old policy remains active, gRPC's log contains the reason, and `GuardObserver::OnPolicyReload` is called
(`usher_guard_policy_reloads_total`).

Anyone who can write the file decides who may call what. Protect it like the program itself.
)";

template <typename T>
std::string TableOf(std::span<const yaml::Field<T>> fields) {
  std::vector<yaml::FieldDoc> docs;
  yaml::Describe<T>("", fields, T{}, docs);
  std::string out(kTableHead);
  for (const yaml::FieldDoc& doc : docs) out += TableRow(doc.path, doc);
  return out;
}

}  // namespace

std::string PolicyPage() {
  return base::StrCat(
      kOpening, Fenced(kPolicyExample), kMiddle,
      TableOf<policy::FilePolicy>(policy::PolicyFields()), kRuleOpening,
      TableOf<MethodRule>(policy::RuleFields()), kRuleClosing, kClaimOpening,
      TableOf<policy::ClaimConditions>(policy::ClaimFields()), kClosing);
}

}  // namespace usher::docs
