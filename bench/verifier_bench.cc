// What a whole verification costs beside the bare signature check, and what the
// verification of a cached token costs. Side by side in one run: only the
// ratios mean anything on a shared machine.
//
//   bare    EVP_PKEY_verify on contexts made once (EVP_DigestVerify for
//           Ed25519), over the same bytes: the limit
//   whole   Verifier::Decide of a token never seen before: bytes to verdict
//   cached  Verifier::Decide of a token seen before
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "bench/bare_signature.h"
#include "lib/base/executor.h"
#include "lib/jose/jws.h"
#include "lib/verify/engine.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_scheduler.h"
#include "tests/support/test_issuer.h"

namespace usher {
namespace {

using jose::Alg;

// An engine with one issuer and one key, and a token of a usual size.
struct Scene {
  Scene(Alg alg, size_t cache_entries) : issuer(clock, {.algs = {alg}}) {
    issuer::Config config;
    config.name = "corp";
    config.issuer = issuer.issuer();
    config.audiences = {"orders"};
    config.algorithms = {alg};
    config.keys = jwks::InlineKeys{issuer.Jwks()};
    engine = std::make_unique<verify::Engine>(
        std::vector{config}, std::make_unique<testing::FakeHttp>(),
        verify::Engine::Options{.token_cache = {.entries = cache_entries},
                                .clock = &clock,
                                .scheduler = &scheduler,
                                .executor = &executor});
    token = issuer.Mint(
        {.claims =
             R"({"scope":"orders.read orders.write profile","sid":"08a5019c",)"
             R"("azp":"web-shop","realm_access":{"roles":["clerk","auditor"]},)"
             R"("email":"alice@example.com","name":"Alice \u00c4rmel",)"
             R"("groups":["/staff/orders","/staff/billing"]})"});
  }

  testing::FakeClock clock;
  testing::FakeScheduler scheduler{clock};
  base::InlineExecutor executor;
  testing::TestIssuer issuer;
  std::unique_ptr<verify::Engine> engine;
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
    if (!bare.Holds()) state.SkipWithError("the signature is not valid");
  }
}

void Decide(benchmark::State& state, Scene& scene) {
  const verify::Requirements wanted{.audiences = {"orders"},
                                    .scopes = {"orders.read"}};
  for (auto _ : state) {
    const auto outcome = scene.engine->Decide(scene.token, wanted);
    const auto* decision = std::get_if<verify::Decision>(&outcome);
    if (!decision || !decision->verdict.ok()) {
      state.SkipWithError("not verified");
    }
  }
}

void Whole(benchmark::State& state, Alg alg) {
  Scene scene(alg, 0);
  Decide(state, scene);
}

void Cached(benchmark::State& state, Alg alg) {
  Scene scene(alg, 1024);
  Decide(state, scene);
}

#define USHER_BENCH_ALG(name, alg)                                    \
  BENCHMARK_CAPTURE(Bare, name, alg)->Unit(benchmark::kMicrosecond);  \
  BENCHMARK_CAPTURE(Whole, name, alg)->Unit(benchmark::kMicrosecond); \
  BENCHMARK_CAPTURE(Cached, name, alg)->Unit(benchmark::kMicrosecond)

USHER_BENCH_ALG(RS256, Alg::kRs256);
USHER_BENCH_ALG(PS256, Alg::kPs256);
USHER_BENCH_ALG(ES256, Alg::kEs256);
USHER_BENCH_ALG(Ed25519, Alg::kEd25519);

}  // namespace
}  // namespace usher
