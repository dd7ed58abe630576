// The guard on usher::LocalVerifier against the guard on usherd, in one run:
// what a call with a new token costs, and one with a token in memory.
//
//   guard_local_bench [ROUNDS]
//
// Each server, and usherd, is a process of its own. Calls go one after another
// over one connection, to the two servers in turns. CPU is that of the server
// and, where there is one, of usherd. On a machine that others use, only the
// ratios mean something.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "greeter.grpc.pb.h"
#include "grpcpp/create_channel.h"
#include "lib/base/text/strings.h"
#include "tests/support/test_issuer.h"
#include "usher/guard.h"
#include "usher/local_verifier.h"

namespace usher {
namespace {

using greeter::v1::Greeter;
using greeter::v1::HelloReply;
using greeter::v1::HelloRequest;
using std::chrono::steady_clock;

constexpr int kTokensPerRound = 300;

class Service final : public Greeter::Service {
  grpc::Status Hello(grpc::ServerContext*, const HelloRequest*,
                     HelloReply*) override {
    return grpc::Status::OK;
  }
};

// A directory with the configuration of both verifiers, removed at the end.
class Setup {
 public:
  Setup() {
    std::string path =
        std::filesystem::temp_directory_path() / "usher-bench-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) std::abort();
    directory_ = path;
    std::ofstream(directory_ / "jwks.json") << issuer_.Jwks();
    std::ofstream(config()) << "listen: " << usherd_address() << R"(
admin: {listen: "127.0.0.1:0"}
metrics: {listen: "127.0.0.1:0"}
status_page: {listen: "127.0.0.1:0"}
issuers:
  - name: bench
    issuer: )" << issuer_.issuer()
                            << R"(
    audiences: [orders]
    keys: {jwks_file: jwks.json}
)";
  }
  ~Setup() { std::filesystem::remove_all(directory_); }

  std::string config() const { return directory_ / "usher.yaml"; }
  std::string usherd_address() const {
    return base::StrCat("unix:", (directory_ / "usherd.sock").string());
  }
  std::string ready_file() const { return directory_ / "ready.json"; }
  std::vector<std::string> NewTokens() {
    std::vector<std::string> tokens;
    for (int i = 0; i < kTokensPerRound; ++i) {
      tokens.push_back(base::StrCat("Bearer ", issuer_.Mint()));
    }
    return tokens;
  }

 private:
  const base::SystemClock clock_;
  testing::TestIssuer issuer_{clock_};
  std::filesystem::path directory_;
};

// A child process, killed at the end.
class Process {
 public:
  template <typename Run>
  explicit Process(const Run& run) : pid_(fork()) {
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      run();
      _exit(1);
    }
    clock_getcpuclockid(pid_, &clock_);
  }
  ~Process() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // CPU time so far.
  double Microseconds() const {
    timespec time;
    clock_gettime(clock_, &time);
    return static_cast<double>(time.tv_sec) * 1e6 +
           static_cast<double>(time.tv_nsec) * 1e-3;
  }
  int ResidentMegabytes() const {
    std::ifstream status(base::StrCat("/proc/", pid_, "/statm"));
    long total = 0, resident = 0;
    status >> total >> resident;
    return static_cast<int>(resident * sysconf(_SC_PAGESIZE) >> 20);
  }

 private:
  const pid_t pid_;
  clockid_t clock_ = 0;
};

GuardOptions OnUsherd(const Setup& setup) {
  return {.client = {.target = setup.usherd_address(), .tls = std::nullopt}};
}

GuardOptions OnLocalVerifier(const Setup& setup) {
  auto local = LocalVerifier::Create({.config_file = setup.config()});
  if (!local.ok()) {
    std::cerr << local.status() << "\n";
    _exit(1);
  }
  return {.verifier = *std::move(local)};
}

[[noreturn]] void Serve(GuardOptions options, int port_out) {
  options.audiences = {"orders"};
  options.policy.Service("greeter.v1.Greeter", {});
  const auto guard = *Guard::Create(std::move(options));
  Service service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", guard->InsecureCredentials(), &port);
  builder.RegisterService(&service);
  guard->Install(builder);
  const auto server = builder.BuildAndStart();
  if (write(port_out, &port, sizeof port) != sizeof port) _exit(1);
  while (true) pause();
}

// Before this process uses gRPC, which does not survive a fork.
class Server {
 public:
  Server(const char* name, GuardOptions (*options)(const Setup&),
         const Setup& setup, const Process* usherd)
      : name_(name),
        usherd_(usherd),
        process_([&] { Serve(options(setup), pipe_[1]); }) {
    if (read(pipe_[0], &port_, sizeof port_) != sizeof port_) std::abort();
  }

  void Connect() {
    stub_ = Greeter::NewStub(grpc::CreateChannel(
        base::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials()));
  }

  // The duration of a call, in microseconds.
  double Call(const std::string& authorization) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", authorization);
    HelloReply reply;
    const auto start = steady_clock::now();
    const grpc::Status status = stub_->Hello(&context, {}, &reply);
    const auto end = steady_clock::now();
    if (!status.ok()) {
      std::cerr << name_ << ": " << status.error_message() << "\n";
      std::exit(1);
    }
    return std::chrono::duration<double, std::micro>(end - start).count();
  }

  double Microseconds() const {
    return process_.Microseconds() +
           (usherd_ == nullptr ? 0 : usherd_->Microseconds());
  }
  const char* name() const { return name_; }
  int ResidentMegabytes() const { return process_.ResidentMegabytes(); }

 private:
  static std::array<int, 2> NewPipe() {
    std::array<int, 2> ends;
    if (pipe(ends.data()) != 0) std::abort();
    return ends;
  }

  const char* const name_;
  const Process* const usherd_;  // or null
  const std::array<int, 2> pipe_ = NewPipe();
  const Process process_;
  int port_ = 0;
  std::unique_ptr<Greeter::Stub> stub_;
};

struct Costs {
  std::vector<double> latency;  // of each call
  std::vector<double> cpu;      // per call, of each round
};

void Measure(Server& server, const std::vector<std::string>& tokens,
             Costs& costs) {
  const double before = server.Microseconds();
  for (const std::string& token : tokens) {
    costs.latency.push_back(server.Call(token));
  }
  costs.cpu.push_back((server.Microseconds() - before) /
                      static_cast<double>(tokens.size()));
}

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q *
                                    static_cast<double>(values.size() - 1))];
}

void Print(const char* what, const Server& server, const Costs& costs) {
  std::cout << std::fixed << std::setprecision(0) << "| " << what << " | "
            << server.name() << " | " << Quantile(costs.cpu, 0.5) << " | "
            << Quantile(costs.latency, 0.5) << " | "
            << Quantile(costs.latency, 0.99) << " | "
            << server.ResidentMegabytes() << " |\n";
}

int Main(int rounds) {
  Setup setup;
  const std::string program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "usherd";
  const Process usherd([&] {
    const std::string config = setup.config(), ready = setup.ready_file();
    // Its log is not of interest here.
    if (freopen("/dev/null", "w", stderr) == nullptr) _exit(1);
    execl(program.c_str(), "usherd", "--config", config.c_str(), "--ready-file",
          ready.c_str(), nullptr);
  });
  std::array<Server, 2> servers = {
      Server("LocalVerifier", OnLocalVerifier, setup, nullptr),
      Server("usherd", OnUsherd, setup, &usherd)};
  while (!std::filesystem::exists(setup.ready_file())) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  for (Server& server : servers) server.Connect();

  std::array<Costs, 2> first, repeated;
  for (int round = 0; round <= rounds; ++round) {
    const std::vector<std::string> tokens = setup.NewTokens();
    const std::vector<std::string> one(tokens.size(), tokens.front());
    for (size_t i = 0; i < servers.size(); ++i) {
      Costs unmeasured;  // of the round that connects and fills caches
      Measure(servers[i], tokens, round == 0 ? unmeasured : first[i]);
      Measure(servers[i], one, round == 0 ? unmeasured : repeated[i]);
    }
  }
  std::cout << "| token | the guard asks | us CPU per call | us latency (p50) "
               "| us latency (p99) | MB of the server |\n"
               "|---|---|---|---|---|---|\n";
  for (size_t i = 0; i < servers.size(); ++i) {
    Print("new, ES256", servers[i], first[i]);
  }
  for (size_t i = 0; i < servers.size(); ++i) {
    Print("in memory", servers[i], repeated[i]);
  }
  std::cout << std::setprecision(2) << "usherd / LocalVerifier, new token: CPU "
            << Quantile(first[1].cpu, 0.5) / Quantile(first[0].cpu, 0.5)
            << ", latency "
            << Quantile(first[1].latency, 0.5) / Quantile(first[0].latency, 0.5)
            << "\n"
            << "usherd: " << usherd.ResidentMegabytes() << " MB\n";
  return 0;
}

}  // namespace
}  // namespace usher

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 0;
  return usher::Main(rounds > 0 ? rounds : 9);
}
