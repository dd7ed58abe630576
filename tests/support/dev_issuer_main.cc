// usher-dev-issuer: a provider for demonstrations and tests, on loopback only.
// It signs everything that it is asked to sign. Never installed or packaged.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/json_writer.h"
#include "lib/base/net/host_port.h"
#include "lib/jose/alg.h"
#include "tests/support/dev_control.h"
#include "tests/support/http_issuer.h"

namespace usher::testing {
namespace {

struct Flags {
  std::string listen = "127.0.0.1:0";
  std::vector<std::string> algs = {"ES256"};
  std::string kid;
  std::string audience = "orders";
  std::string cache_control = "no-store";
  std::string client_id = DevClient().id;
  std::string client_secret = DevClient().secret;
  std::string client_key;
  std::string ca_out;
  std::string ready_file;
};

bool IsLoopback(const std::string& listen) {
  const auto parts = base::SplitHostPort(listen);
  return parts && base::IsLoopbackHost(parts->host);
}

int Fail(const std::string& what) {
  std::cerr << "usher-dev-issuer: " << what << "\n";
  return 2;
}

// Writes the whole file or nothing: a reader never sees half of it.
bool WriteFile(const std::string& path, const std::string& text) {
  const std::string unfinished = path + ".new";
  std::ofstream file(unfinished, std::ios::trunc);
  file << text;
  file.close();
  return file.good() && std::rename(unfinished.c_str(), path.c_str()) == 0;
}

int Serve(const Flags& flags, const sigset_t& ends) {
  if (!IsLoopback(flags.listen)) {
    return Fail("--listen: only 127.0.0.0/8 and [::1]: it signs anything");
  }
  HttpIssuer::Options options;
  options.listen = flags.listen;
  options.audience = flags.audience;
  options.cache_control = flags.cache_control;
  options.algs.clear();
  for (const std::string& name : flags.algs) {
    const auto alg = jose::ConfiguredAlgs(name).Only();
    if (!alg) return Fail("--alg: unknown algorithm " + name);
    options.algs.push_back(*alg);
  }
  if (!flags.kid.empty()) options.kid = flags.kid;
  options.certificate.ips = {"127.0.0.1", "::1"};
  options.other = &Control;
  options.client.id = flags.client_id;
  options.client.secret = flags.client_secret;
  if (!flags.client_key.empty()) {
    auto pem = base::ReadFile(flags.client_key, 64 * 1024);
    if (!pem.ok()) return Fail(std::string(pem.status().message()));
    options.client.public_key = *std::move(pem);
  }
  const base::SystemClock clock;
  auto issuer = HttpIssuer::Start(clock, std::move(options));
  if (!issuer.ok()) return Fail(std::string(issuer.status().message()));

  if (!flags.ca_out.empty() && !WriteFile(flags.ca_out, (*issuer)->ca_pem())) {
    return Fail("--ca-out: cannot write " + flags.ca_out);
  }
  const std::string ready =
      base::JsonObject()
          .Add("issuer", (*issuer)->url())
          .Add("port", (*issuer)->port())
          .Add("jwks_url", (*issuer)->jwks_url())
          .Add("introspection_url", (*issuer)->issuer().introspection_uri())
          .Text() +
      "\n";
  if (!flags.ready_file.empty() && !WriteFile(flags.ready_file, ready)) {
    return Fail("--ready-file: cannot write " + flags.ready_file);
  }
  std::cout << ready << std::flush;
  int ended_by = 0;
  sigwait(&ends, &ended_by);
  return 0;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app("A provider for demonstrations and tests: signs anything");
  app.add_option("--listen", flags.listen,
                 "Loopback address and port; port 0: any");
  app.add_option("--alg", flags.algs, "One key for each; the last one signs");
  app.add_option("--kid", flags.kid, "Name of the first key");
  app.add_option("--audience", flags.audience, "aud of tokens");
  app.add_option("--cache-control", flags.cache_control, "Of both documents");
  app.add_option("--client-id", flags.client_id, "The client that introspects");
  app.add_option("--client-secret", flags.client_secret, "Its secret");
  app.add_option("--client-key", flags.client_key,
                 "PEM of its public key, for private_key_jwt");
  app.add_option("--ca-out", flags.ca_out, "Where to write the CA's PEM");
  app.add_option("--ready-file", flags.ready_file,
                 "Where to write, once up, the line that is also printed");
  CLI11_PARSE(app, argc, argv);
  std::cerr << "usher-dev-issuer: WARNING: signs anything for any "
               "process on this machine.\nusher-dev-issuer: WARNING: for "
               "demonstrations and tests only. Never trust it in production.\n";
  // Blocked before any thread starts, so that all of them inherit it and only
  // sigwait() sees these.
  sigset_t ends;
  sigemptyset(&ends);
  for (int signal : {SIGINT, SIGTERM}) sigaddset(&ends, signal);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  return Serve(flags, ends);
}

}  // namespace
}  // namespace usher::testing

int main(int argc, char** argv) { return usher::testing::Main(argc, argv); }
