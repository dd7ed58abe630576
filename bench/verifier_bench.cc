// What a whole verification costs beside the bare signature check, and what the
// second look at a token costs. Side by side in one run: only the ratios mean
// anything on a shared machine.
//
//   bare        EVP_PKEY_verify on contexts made once (EVP_DigestVerify for
//               Ed25519), over the same bytes: the limit
//   whole       Verifier::Decide of a token never seen before: bytes to verdict
//   remembered  Verifier::Decide of a token seen before
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "bench/bare_signature.h"
#include "lib/base/executor.h"
#include "lib/base/snapshot.h"
#include "lib/issuer/registry.h"
#include "lib/jose/jws.h"
#include "lib/verify/verifier.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_scheduler.h"
#include "tests/support/test_issuer.h"

namespace usher {
namespace {

using jose::Alg;

class Silent final : public jwks::Observer, public verify::Observer {
 public:
  void OnFetch(const std::string&, jwks::Trigger, const absl::Status&,
               absl::Duration) override {}
  void OnKeysChanged(const std::string&, size_t) override {}
  void OnVerdict(std::string_view, std::optional<Reason>, verify::Path, bool,
                 absl::Duration) override {}
};

// A verifier of one issuer with one key, and a token of a usual size.
struct Scene {
  Scene(Alg alg, size_t cache_entries)
      : issuer(clock, {.algs = {alg}}), cache({.entries = cache_entries}) {
    issuer::Config config;
    config.name = "corp";
    config.issuer = issuer.issuer();
    config.audiences = {"orders"};
    config.algorithms = {alg};
    config.keys = jwks::InlineKeys{issuer.Jwks()};
    verifier.emplace(verify::Verifier::Parts{
        issuer::Registry::Build({config}, nullptr, parts), clock, silent,
        cache});
    token = issuer.Mint(
        {.claims =
             R"({"scope":"orders.read orders.write profile","sid":"08a5019c",)"
             R"("azp":"web-shop","realm_access":{"roles":["clerk","auditor"]},)"
             R"("email":"alice@example.com","name":"Alice \u00c4rmel",)"
             R"("groups":["/staff/orders","/staff/billing"]})"});
  }
  ~Scene() { base::Reclaim(); }

  testing::FakeClock clock;
  testing::FakeScheduler scheduler{clock};
  testing::FakeHttp http;
  base::InlineExecutor executor;
  Silent silent;
  jwks::Cache::Parts parts{http, scheduler, executor, clock, silent};
  testing::TestIssuer issuer;
  verify::TokenCache cache;
  std::optional<verify::Verifier> verifier;
  std::string token;
};

void Bare(benchmark::State& state, Alg alg) {
  Scene scene(alg, 0);
  jose::JwsScratch scratch;
  const auto jws = jose::Jws::Parse(scene.token, scratch);
  const auto key_set = jose::KeySet::FromJwks(scene.issuer.Jwks());
  bench::BareSignature bare(key_set->keys()[0], alg, jws->signing_input(),
                            jws->signature());
  for (auto _ : state) {
    if (!bare.Holds()) state.SkipWithError("the signature does not hold");
  }
}

void Decide(benchmark::State& state, Scene& scene) {
  const verify::Requirements wanted{.audiences = {"orders"},
                                    .scopes = {"orders.read"}};
  for (auto _ : state) {
    const auto verdict = scene.verifier->Decide(scene.token, wanted);
    if (!verdict || !verdict->ok()) state.SkipWithError("not verified");
  }
}

void Whole(benchmark::State& state, Alg alg) {
  Scene scene(alg, 0);
  Decide(state, scene);
}

void FindCached(benchmark::State& state, Alg alg) {
  Scene scene(alg, 1024);
  Decide(state, scene);
}

#define USHER_BENCH_ALG(name, alg)                                    \
  BENCHMARK_CAPTURE(Bare, name, alg)->Unit(benchmark::kMicrosecond);  \
  BENCHMARK_CAPTURE(Whole, name, alg)->Unit(benchmark::kMicrosecond); \
  BENCHMARK_CAPTURE(FindCached, name, alg)->Unit(benchmark::kMicrosecond)

USHER_BENCH_ALG(RS256, Alg::kRs256);
USHER_BENCH_ALG(PS256, Alg::kPs256);
USHER_BENCH_ALG(ES256, Alg::kEs256);
USHER_BENCH_ALG(Ed25519, Alg::kEd25519);

}  // namespace
}  // namespace usher
