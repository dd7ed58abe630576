// What the guard costs a call whose verdict is in memory: servers with and
// without it, each in a process of its own, in turns, in one run.
//
//   guard_bench [ROUNDS]
//
// Prints the CPU time of the server per call, the ratio, the context switches
// per call (how often a thread waited for something), and calls a second.
// On a machine that others use only the ratio means something.
//
//   guard_bench --serve sync|callback plain|interceptor|hooks|guarded
//
// is one of those servers, until killed; prints its port. guard_instructions.py
// counts what it executes for a call.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/clock.h"
#include "greeter.grpc.pb.h"
#include "grpcpp/create_channel.h"
#include "lib/base/text/strings.h"
#include "usher/guard.h"
#include "usher/internal/token_mint.h"

namespace usher {
namespace {

using greeter::v1::Greeter;
using greeter::v1::HelloReply;
using greeter::v1::HelloRequest;

constexpr int kConnections = 4;
constexpr int kCallsAtOnce = 64;
constexpr int kCallsPerRound = 20'000;
constexpr int kTokenSize = 900;

// Believes everybody, for an hour.
class Believer final : public TokenVerifier {
 public:
  void Verify(const VerifyRequest&, VerifyCallback done) override {
    internal::TokenMint::Fields fields;
    fields.issuer = "https://login.example.com";
    fields.subject = "alice";
    fields.algorithm = "ES256";
    fields.expires_at = absl::Now() + absl::Hours(1);
    fields.cache_for = absl::Hours(1);
    done(internal::TokenMint::Make(std::move(fields)));
  }
};

class SyncGreeter final : public Greeter::Service {
  grpc::Status Hello(grpc::ServerContext*, const HelloRequest*,
                     HelloReply*) override {
    return grpc::Status::OK;
  }
};

class CallbackGreeter final : public Greeter::CallbackService {
  grpc::ServerUnaryReactor* Hello(grpc::CallbackServerContext* context,
                                  const HelloRequest*, HelloReply*) override {
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

enum class Protection {
  kNone,
  kInterceptor,  // no guard, but an interceptor that does nothing
  kOpen,         // the guard, on a method that is public: gRPC's hooks alone
  kGuarded,      // with a verdict in memory
};
constexpr std::array kNames = {"plain", "interceptor", "hooks", "guarded"};
constexpr size_t kServers = kNames.size();
static_assert(kServers == static_cast<size_t>(Protection::kGuarded) + 1);

class IdleInterceptor final : public grpc::experimental::Interceptor {
  void Intercept(
      grpc::experimental::InterceptorBatchMethods* methods) noexcept override {
    methods->Proceed();
  }
};
class IdleFactory final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo*) override {
    return new IdleInterceptor;
  }
};

struct Wish {
  bool sync;
  Protection protection;
};

// Runs in a process of its own, until killed.
template <typename Tell>
[[noreturn]] void Serve(const Wish& wish, const Tell& tell_port) {
  MethodPolicy policy;
  policy.Service("greeter.v1.Greeter", wish.protection == Protection::kOpen
                                           ? Public()
                                           : MethodRule());
  const auto guard = *Guard::Create({.verifier = std::make_shared<Believer>(),
                                     .audiences = {"orders"},
                                     .policy = policy});
  const bool guarded = wish.protection == Protection::kOpen ||
                       wish.protection == Protection::kGuarded;
  SyncGreeter sync;
  CallbackGreeter callback;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0",
                           guarded ? guard->InsecureCredentials()
                                   : grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(wish.sync ? static_cast<grpc::Service*>(&sync)
                                    : &callback);
  if (guarded) guard->Install(builder);
  if (wish.protection == Protection::kInterceptor) {
    Guard::Interceptors idle;
    idle.push_back(std::make_unique<IdleFactory>());
    builder.experimental().SetInterceptorCreators(std::move(idle));
  }
  const auto server = builder.BuildAndStart();
  tell_port(port);
  while (true) pause();
}

class Server {
 public:
  // Before this process uses gRPC, which does not survive a fork.
  explicit Server(const Wish& wish) : wish_(wish) {
    std::array<int, 2> ends;
    if (pipe(ends.data()) != 0) std::abort();
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      Serve(wish, [&](int port) {
        if (write(ends[1], &port, sizeof port) != sizeof port) _exit(1);
      });
    }
    if (read(ends[0], &port_, sizeof port_) != sizeof port_) std::abort();
    clock_getcpuclockid(pid_, &clock_);
  }
  void Connect() {
    for (int i = 0; i < kConnections; ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      stubs_.push_back(Greeter::NewStub(grpc::CreateCustomChannel(
          base::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials(),
          arguments)));
    }
  }
  void End() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  const Wish& wish() const { return wish_; }
  Greeter::Stub& stub(int i) { return *stubs_[i % kConnections]; }
  // CPU time so far.
  double Seconds() const {
    timespec time;
    clock_gettime(clock_, &time);
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_nsec) * 1e-9;
  }
  // How often its threads have waited so far.
  double Switches() const {
    double sum = 0;
    const std::string tasks = base::StrCat("/proc/", pid_, "/task");
    for (const auto& task : std::filesystem::directory_iterator(tasks)) {
      std::ifstream status(task.path() / "status");
      for (std::string line; std::getline(status, line);) {
        constexpr std::string_view kWaited = "voluntary_ctxt_switches:";
        if (line.starts_with(kWaited)) {
          sum += std::stod(line.substr(kWaited.size()));
        }
      }
    }
    return sum;
  }

 private:
  const Wish wish_;
  pid_t pid_ = 0;
  int port_ = 0;
  clockid_t clock_ = 0;
  std::vector<std::unique_ptr<Greeter::Stub>> stubs_;
};

// One of kCallsAtOnce lines of calls, each call after the one before.
class Line {
 public:
  Line(Greeter::Stub& stub, const std::string& authorization,
       std::atomic<int>& left, std::atomic<int>& running)
      : stub_(stub),
        authorization_(authorization),
        left_(left),
        running_(running) {}

  void Next() {
    if (left_.fetch_sub(1) <= 0) {
      --running_;
      running_.notify_one();
      return;
    }
    context_ = std::make_unique<grpc::ClientContext>();
    context_->AddMetadata("authorization", authorization_);
    stub_.async()->Hello(context_.get(), &request_, &reply_,
                         [this](grpc::Status status) {
                           if (!status.ok()) {
                             std::cerr << status.error_message() << "\n";
                             _exit(1);
                           }
                           Next();
                         });
  }

 private:
  Greeter::Stub& stub_;
  const std::string& authorization_;
  std::atomic<int>& left_;
  std::atomic<int>& running_;
  std::unique_ptr<grpc::ClientContext> context_;
  HelloRequest request_;
  HelloReply reply_;
};

struct Cost {
  double cpu_us;    // of the server, per call
  double switches;  // of its threads, per call
  double per_second;
};

Cost Round(Server& server) {
  const std::string authorization = "Bearer " + std::string(kTokenSize, 'x');
  std::atomic<int> left = kCallsPerRound;
  std::atomic<int> running = kCallsAtOnce;
  std::deque<Line> lines;
  const double cpu = server.Seconds();
  const double switches = server.Switches();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kCallsAtOnce; ++i) {
    lines.emplace_back(server.stub(i), authorization, left, running).Next();
  }
  for (int now = running; now > 0; now = running) running.wait(now);
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - start;
  return {(server.Seconds() - cpu) / kCallsPerRound * 1e6,
          (server.Switches() - switches) / kCallsPerRound,
          kCallsPerRound / took.count()};
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

using Servers = std::array<Server, kServers>;

// The servers of one style, in turns.
void Compare(Servers& servers, int rounds) {
  std::array<std::vector<double>, kServers> cpu;
  std::array<std::vector<double>, kServers> ratio;
  std::array<std::vector<double>, kServers> switches;
  std::array<double, kServers> per_second = {};
  for (Server& server : servers) server.Connect();
  for (int round = 0; round <= rounds; ++round) {
    std::array<Cost, kServers> costs;
    for (size_t i = 0; i < kServers; ++i) costs[i] = Round(servers[i]);
    if (round == 0) continue;  // connects, fills memory
    for (size_t i = 0; i < kServers; ++i) {
      switches[i].push_back(costs[i].switches);
      cpu[i].push_back(costs[i].cpu_us);
      ratio[i].push_back(costs[i].cpu_us / costs[0].cpu_us);
      per_second[i] = std::max(per_second[i], costs[i].per_second);
    }
  }
  const auto best = [&](size_t i) {
    return *std::min_element(cpu[i].begin(), cpu[i].end());
  };
  for (size_t i = 0; i < kServers; ++i) {
    std::cout << std::fixed << "| "
              << (servers[0].wish().sync ? "sync" : "callback") << " | "
              << kNames[i] << " | " << std::setprecision(1) << best(i) << " | "
              << std::setprecision(2) << best(i) / best(0) << " | "
              << Median(ratio[i]) << " | " << Median(switches[i]) << " | "
              << std::setprecision(0) << per_second[i] << " |\n";
  }
}

[[noreturn]] void ServeAlone(std::string_view style, std::string_view what) {
  const auto name = std::find(kNames.begin(), kNames.end(), what);
  if (name == kNames.end()) std::abort();
  Serve({style == "sync", static_cast<Protection>(name - kNames.begin())},
        [](int port) { std::cout << port << std::endl; });
}

int Main(int rounds) {
  using enum Protection;
  // All of them before gRPC is first used here: see Server.
  Servers callback = {Server({false, kNone}), Server({false, kInterceptor}),
                      Server({false, kOpen}), Server({false, kGuarded})};
  Servers sync = {Server({true, kNone}), Server({true, kInterceptor}),
                  Server({true, kOpen}), Server({true, kGuarded})};
  std::cout
      << "| style | server | us CPU per call (best) | ratio (best) | "
         "ratio (median) | switches per call (median) | calls/s (best) |\n"
         "|---|---|---|---|---|---|---|\n";
  Compare(callback, rounds);
  Compare(sync, rounds);
  for (auto* servers : {&callback, &sync}) {
    for (Server& server : *servers) server.End();
  }
  return 0;
}

}  // namespace
}  // namespace usher

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "--serve") {
    usher::ServeAlone(argv[2], argv[3]);
  }
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 0;
  const int status = usher::Main(rounds > 0 ? rounds : 9);
  std::cout << std::flush;
  // gRPC's threads may still hold what static destructors take apart.
  _exit(status);
}
