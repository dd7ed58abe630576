#include <array>

#include "client/cli/commands/command.h"

namespace usher::cli {
namespace {

constexpr std::string_view kVerifyNotes =
    R"(Prints what the token says where it is good, and why not where it is not.

Exit status:
  0  verified
  1  denied
  2  the command line is wrong, or usherd finds the question wrong
  3  undecided, or usherd cannot be reached

Examples:
  usher verify --audience orders < token.txt
  usher verify @token.txt --audience orders --scope read --scope write
  usher verify @token.txt --server dns:///usher:9443 --ca ca.pem \
      --cert orders.crt --key orders.key --audience orders
  usher verify @token.txt --audience orders --json | jq .verified.subject)";

constexpr std::string_view kIntrospectNotes =
    R"(The same judgement as `usher verify`, but it never says why a token is
not good.

Exit status:
  0  active
  1  not active
  2  the command line is wrong, or usherd finds the question wrong
  3  undecided, or usherd cannot be reached

Examples:
  usher introspect --audience orders < token.txt
  usher introspect @token.txt --audience orders --json)";

constexpr std::string_view kInspectNotes =
    R"(Works on this machine alone and checks no signature: whoever made the
token can have written anything. Says in words when it expires, what is odd
about it, and which part is wrong where it cannot be read.

Exit status:
  0  well formed
  1  its form is wrong
  2  the command line is wrong

Examples:
  usher inspect < token.txt
  usher inspect @token.txt --json | jq .claims.sub)";

constexpr std::string_view kExplainNotes =
    R"(Lists the checks in their order: passed, failed, or not reached because
an earlier one decided. Asks usherd's admin listener, which is on loopback
unless configured otherwise: what it says would help whoever forges tokens.

Exit status:
  0  verified
  1  denied
  2  the command line is wrong, or usherd finds the question wrong
  3  undecided, or usherd cannot be reached

Examples:
  usher explain --audience orders < token.txt
  usher explain @token.txt --audience orders --admin 127.0.0.1:9444)";

constexpr std::string_view kIssuersNotes =
    R"(AGE is the time since the keys were last fetched, REFRESH when they will
be again. A stale issuer's keys are past their freshness and still served.

Exit status:
  0  every issuer has keys
  1  some issuer has none
  2  the command line is wrong
  3  usherd cannot be reached

Examples:
  usher issuers
  usher issuers --json | jq '.issuers[] | select(.ready | not) | .name')";

constexpr std::string_view kRefreshKeysNotes =
    R"(For a key that must not be believed a moment longer: usherd fetches the key
sets now, however fresh those it has are, and this shows which keys came and
which went. Where a key set cannot be had, the keys from before are served on.
It is the one usherd asked that does so: ask every replica. What clients
remember of a token that was verified ends within 30 s.

Exit status:
  0  fetched
  2  the command line is wrong, or no issuer of that name is configured
  3  some keys could not be fetched, or usherd cannot be reached

Examples:
  usher refresh-keys corp
  usher refresh-keys --all --json | jq '.issuers[] | select(.error) | .name')";

constexpr std::string_view kHealthNotes =
    R"(Asks gRPC's health service about TokenService. Both listeners answer; the
one of --server's default takes no certificate from this machine, so that a
container's health check needs none.

Exit status:
  0  serving: there are keys for every required issuer
  1  not serving
  2  the command line is wrong
  3  usherd cannot be reached

Examples:
  usher health
  usher health --server dns:///usher:9443 --ca ca.pem \
      --cert orders.crt --key orders.key)";

constexpr std::string_view kCheckConfigNotes =
    R"(Names every fault at once, with its place, and every setting that loosens
security. Reads the files that the configuration names; does not touch the
network.

Exit status:
  0  no faults
  1  faults
  2  the command line is wrong

Examples:
  usher check-config /etc/usher/usher.yaml
  usher check-config usher.yaml && systemctl reload usherd)";

constexpr std::string_view kCheckPolicyNotes =
    R"(Names every fault of the policy at once, with its place. With the server's
methods, from its reflection or from descriptors, it lists what the policy says
of each (what it wants, or that everybody is refused) and names the rules that
are of no method, which are mostly slips of the pen. On gRPC's own services
(health, reflection, channelz) a policy may be silent.

Exit status:
  0  no faults; a word on every method; a method for every rule
  1  faults, a method without a word, or a rule without a method
  2  the command line is wrong, or descriptors cannot be read
  3  the server cannot be asked

Examples:
  usher check-policy policy.yaml
  usher check-policy policy.yaml --server 127.0.0.1:50051
  usher check-policy policy.yaml --server dns:///orders:443 --token @token.txt
  protoc -I proto --descriptor_set_out=shop.pb proto/shop/v1/orders.proto
  usher check-policy policy.yaml --descriptors shop.pb --json | \
      jq -r '.methods[] | select(.verdict == "public") | .method')";

constexpr auto kCommands = std::to_array<Command>({
    {"verify", "Ask usherd whether a token may be believed", AddVerify,
     kVerifyNotes},
    {"introspect", "Ask usherd about a token in the shape of RFC 7662",
     AddIntrospect, kIntrospectNotes},
    {"inspect", "Show what a token says, without believing it", AddInspect,
     kInspectNotes},
    {"explain", "Show every check that usherd makes of a token", AddExplain,
     kExplainNotes},
    {"issuers", "Show the configured issuers and the state of their keys",
     AddIssuers, kIssuersNotes},
    {"refresh-keys", "Have usherd fetch issuers' keys now", AddRefreshKeys,
     kRefreshKeysNotes},
    {"health", "Ask whether usherd serves: for health checks", AddHealth,
     kHealthNotes},
    {"check-config", "Check a configuration of usherd without starting it",
     AddCheckConfig, kCheckConfigNotes},
    {"check-policy", "Show what a policy says of each method of a server",
     AddCheckPolicy, kCheckPolicyNotes},
});

}  // namespace

std::span<const Command> Commands() { return kCommands; }

}  // namespace usher::cli
