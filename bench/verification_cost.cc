// What one verification costs: allocations, and instructions under callgrind.
//
//   verification_cost ES256 new      tokens never seen before
//   verification_cost RS256 cached   the same token again and again
//   verification_cost RS256 cached any   the request names no audience
//   verification_cost RS256 cached none      nothing is revoked yet
//   verification_cost RS256 cached million   a million others are revoked
//   verification_cost RS256 malformed    a signature that is not base64url
//   verification_cost RS256 opaque       no dots, so no JWS
//
// Prints the allocations of one verification, those inside OpenSSL included.
// Instructions: bench/verification_cost.py runs it under callgrind, which
// counts within Measured() only.
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/executor.h"
#include "lib/verify/engine.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_scheduler.h"
#include "tests/support/test_issuer.h"

namespace {
std::atomic<size_t> allocations{0};
}

// glibc's own, under the names that it keeps for this purpose.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);

void* malloc(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, size);
}
void* realloc(void* memory, size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(memory, size);
}
}

namespace usher {
namespace {

constexpr int kWarmUp = 20;
constexpr int kMeasured = 200;

constexpr char kClaims[] =
    R"({"scope":"orders.read orders.write profile","sid":"08a5019c",)"
    R"("azp":"web-shop","realm_access":{"roles":["clerk","auditor"]},)"
    R"("email":"alice@example.com","name":"Alice \u00c4rmel",)"
    R"("groups":["/staff/orders","/staff/billing"]})";

}  // namespace

// Callgrind collects inside this function only, so it must keep its name.
__attribute__((noinline)) bool Measured(const verify::Engine& engine,
                                        const std::string& token,
                                        const verify::Requirements& wanted) {
  const auto outcome = engine.Decide(token, wanted);
  const auto* decision = std::get_if<verify::Decision>(&outcome);
  return decision != nullptr && decision->verdict.ok();
}

namespace {

enum class Tokens { kNew, kCached, kMalformed, kOpaque };

// Other tokens, sessions, subjects, clients, and another issuer.
void RevokeAMillion(revocation::Set& revoked) {
  constexpr size_t kEach = 250'000;
  using revocation::Kind;
  std::vector<std::string> values;
  for (size_t i = 0; i < kEach; ++i) values.push_back(std::to_string(i));
  std::vector<revocation::Set::Change> changes;
  for (const Kind kind :
       {Kind::kTokenId, Kind::kSession, Kind::kSubject, Kind::kClient}) {
    for (const std::string& value : values) {
      changes.emplace_back(revocation::TargetView{"corp", "", kind, value},
                           absl::InfiniteFuture());
    }
  }
  changes.emplace_back(
      revocation::TargetView{"partner", "", Kind::kEverything, ""},
      absl::InfiniteFuture());
  revoked.Apply(changes);
}

int Run(jose::Alg alg, Tokens kind, std::string_view how) {
  const bool any_audience = how == "any";
  revocation::Set revoked;
  if (how == "million") RevokeAMillion(revoked);
  const bool has_revocations = how == "million" || how == "none";

  testing::FakeClock clock;
  testing::FakeScheduler scheduler(clock);
  base::InlineExecutor executor;
  testing::TestIssuer issuer(clock, {.algs = {alg}});
  issuer::Config config;
  config.name = "corp";
  config.issuer = issuer.issuer();
  config.audiences = {"orders"};
  config.algorithms = {alg};
  config.keys = jwks::InlineKeys{issuer.Jwks()};
  const verify::Engine engine({config},
                              {std::make_unique<testing::FakeHttp>(), nullptr},
                              {.revoked = has_revocations ? &revoked : nullptr,
                               .clock = &clock,
                               .scheduler = &scheduler,
                               .executor = &executor});
  verify::Requirements wanted{.scopes = {"orders.read"}};
  if (!any_audience) wanted.audiences = {"orders"};
  std::vector<std::string> tokens;
  for (int i = 0; i < kWarmUp + kMeasured; ++i) {
    tokens.push_back(kind == Tokens::kCached && i > 0
                         ? tokens[0]
                         : issuer.Mint({.claims = kClaims}));
    if (kind == Tokens::kMalformed) tokens.back().back() = '!';
    if (kind == Tokens::kOpaque) std::erase(tokens.back(), '.');
  }
  for (int i = 0; i < kWarmUp; ++i) {
    const auto outcome = engine.Decide(tokens[i], wanted);
    if (!std::holds_alternative<verify::Decision>(outcome)) return 1;
  }
  const size_t before = allocations;
  bool verified = true;
  for (int i = kWarmUp; i < kWarmUp + kMeasured; ++i) {
    verified &= Measured(engine, tokens[i], wanted);
  }
  const size_t made = allocations - before;
  if (verified == (kind == Tokens::kMalformed || kind == Tokens::kOpaque)) {
    return 1;
  }
  std::printf("%.2f allocations\n", double(made) / kMeasured);
  return 0;
}

}  // namespace
}  // namespace usher

int main(int argc, char** argv) {
  using usher::jose::Alg;
  if (argc < 3) return 2;
  const bool rsa = std::strcmp(argv[1], "RS256") == 0;
  constexpr std::pair<std::string_view, usher::Tokens> kKinds[] = {
      {"new", usher::Tokens::kNew},
      {"cached", usher::Tokens::kCached},
      {"malformed", usher::Tokens::kMalformed},
      {"opaque", usher::Tokens::kOpaque}};
  for (const auto& [name, kind] : kKinds) {
    if (name == argv[2]) {
      return usher::Run(rsa ? Alg::kRs256 : Alg::kEs256, kind,
                        argc > 3 ? argv[3] : "");
    }
  }
  return 2;
}
