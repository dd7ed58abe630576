// What taking a token apart and opening it costs beside the bare signature
// check. One run, side by side: on a shared machine only the ratios count.
//
//   bare    OpenSSL's check alone, on contexts made once: the limit
//   parse   Jws::Parse: base64url, JSON, the header's rules
//   open    Jws::Parse and Jws::Open: from the bytes to the claims
//   threads the same on two threads with one key: does it scale?
//
// For steady ratios: --benchmark_repetitions=9
//   --benchmark_enable_random_interleaving=true
#include <benchmark/benchmark.h>

#include <string>

#include "bench/bare_signature.h"
#include "lib/base/text/strings.h"
#include "lib/jose/jws.h"
#include "lib/jose/sign.h"

namespace usher::bench {
namespace {

using jose::Alg;

// Twelve claims with an array, nested roles and an escape, as providers send.
constexpr std::string_view kPayload =
    R"({"iss":"https://login.example.com/realms/corp","sub":)"
    R"("f81d4fae-7dec-11d0-a765-00a0c91e6bf6","aud":["orders","billing"],)"
    R"("exp":1900000000,"nbf":1700000000,"iat":1700000000,"jti":)"
    R"("0b5a6f52-6d1c-4f7e-9d5e-2f1f4a1c7d3b","azp":"web-shop","sid":)"
    R"("08a5019c-17e1","scope":"orders.read orders.write profile",)"
    R"("realm_access":{"roles":["clerk","auditor"]},)"
    R"("name":"Alice \u00c4rmel","email":"alice@example.com"})";

struct Signed {
  explicit Signed(Alg alg) {
    const auto signer = jose::SigningKey::Generate(alg);
    token = signer->SignCompact(
        base::StrCat(R"({"alg":")", jose::InfoOf(alg).name,
                     R"(","typ":"at+jwt","kid":"2026-key-1"})"),
        kPayload);
    json::Reader reader;
    key = jose::Key::FromJwk(*reader.Parse(signer->PublicJwk("2026-key-1")))
              .value();
  }

  std::string token;
  std::optional<jose::Key> key;
};

// One for each algorithm: the threads of a run share the key.
const Signed& Example(Alg alg) {
  static const Signed examples[] = {Signed(Alg::kRs256), Signed(Alg::kPs256),
                                    Signed(Alg::kEs256), Signed(Alg::kEd25519)};
  for (const Signed& example : examples) {
    if (example.key->algs().Has(alg)) return example;
  }
  return examples[0];
}

void Bare(benchmark::State& state, Alg alg) {
  const Signed& example = Example(alg);
  jose::JwsScratch scratch;
  const auto jws = jose::Jws::Parse(example.token, scratch);
  BareSignature bare(*example.key, alg, jws->signing_input(), jws->signature());
  for (auto _ : state) {
    if (!bare.Holds()) state.SkipWithError("the signature does not hold");
  }
}

void Parse(benchmark::State& state, Alg alg) {
  const Signed& example = Example(alg);
  for (auto _ : state) {
    auto jws = jose::Jws::Parse(example.token, jose::JwsScratch::ThisThread());
    if (!jws.ok()) state.SkipWithError("not a token");
    benchmark::DoNotOptimize(jws);
  }
}

void Open(benchmark::State& state, Alg alg) {
  const Signed& example = Example(alg);
  for (auto _ : state) {
    const auto jws =
        jose::Jws::Parse(example.token, jose::JwsScratch::ThisThread());
    if (!jws.ok() || !jws->Verify(*example.key, jose::DefaultAlgs()).ok()) {
      state.SkipWithError("does not open");
    }
  }
}

#define USHER_BENCH_ALG(name, alg)                                    \
  BENCHMARK_CAPTURE(Bare, name, alg)->Unit(benchmark::kMicrosecond);  \
  BENCHMARK_CAPTURE(Open, name, alg)->Unit(benchmark::kMicrosecond);  \
  BENCHMARK_CAPTURE(Parse, name, alg)->Unit(benchmark::kMicrosecond); \
  BENCHMARK_CAPTURE(Open, name, alg)                                  \
      ->Unit(benchmark::kMicrosecond)                                 \
      ->Threads(2)                                                    \
      ->UseRealTime()

USHER_BENCH_ALG(RS256, Alg::kRs256);
USHER_BENCH_ALG(PS256, Alg::kPs256);
USHER_BENCH_ALG(ES256, Alg::kEs256);
USHER_BENCH_ALG(Ed25519, Alg::kEd25519);

}  // namespace
}  // namespace usher::bench
