// usherd: the program around App.
//
// Exit status: 0 stopped on request, 1 cannot start (standard error says why
// and how to repair it), 2 wrong usage, 3 a listener did not answer any more
// (the log says which), so that the process has to be started again.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "lib/base/text/strings.h"
#include "lib/base/text/visible.h"
#include "lib/config/config.h"
#include "lib/config/report.h"
#include "server/app/app.h"
#include "server/core/memory_return.h"
#include "server/core/version.h"
#include "server/net/library_versions.h"
#include "server/net/sd_notify.h"

namespace {

using usher::server::App;

constexpr char kUsage[] =
    "usage: usherd --config FILE [--ready-file FILE]\n"
    "       usherd --config FILE --check\n"
    "       usherd --version | --help\n"
    "\n"
    "  --config FILE      the configuration (YAML)\n"
    "  --check            report what is wrong with it, start nothing\n"
    "  --ready-file FILE  write the addresses here, as JSON, once listening\n";

constexpr int kCannotStart = 1;
constexpr int kWrongUsage = 2;
constexpr int kDeaf = 3;

struct Arguments {
  std::string config;
  std::optional<std::string> ready_file;
  bool check = false;
  bool version = false;
  bool help = false;
};

// Nothing, after printing why, if they are wrong.
std::optional<Arguments> Read(int argc, char** argv) {
  const auto error = [](const std::string& why) {
    std::fprintf(stderr, "usherd: %s\n\n%s", usher::base::Visible(why).c_str(),
                 kUsage);
    return std::nullopt;
  };
  Arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool takes_file =
        argument == "--config" || argument == "--ready-file";
    if (takes_file && i + 1 == argc) {
      return error(argument + " needs a file");
    }
    if (argument == "--config") {
      out.config = argv[++i];
    } else if (argument == "--ready-file") {
      out.ready_file = argv[++i];
    } else if (argument == "--check") {
      out.check = true;
    } else if (argument == "--version") {
      out.version = true;
    } else if (argument == "--help") {
      out.help = true;
    } else {
      // It may be the text of a key.
      const bool is_shown = argument.find("-----BEGIN") == std::string::npos;
      return error("unknown argument" + (is_shown ? ": " + argument : ""));
    }
  }
  if (out.config.empty() && !out.version && !out.help) {
    return error("--config FILE is needed");
  }
  return out;
}

int Check(const std::string& path, const usher::config::Loaded& loaded) {
  const std::string report = usher::config::FormatReport(loaded, path);
  std::fputs(report.c_str(), loaded.config ? stdout : stderr);
  return loaded.config ? EXIT_SUCCESS : kCannotStart;
}

// The signals of usherd: SIGTERM and SIGINT stop it, SIGHUP reloads the
// configuration. They are blocked before any thread exists, so that all threads
// inherit that and only Run() receives them.
sigset_t Signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

int Run(usher::config::Config config, App::Options options) {
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  usher::server::LimitAllocator();

  // At once: what has stopped answering may not stop in order either.
  options.on_deaf = [](const std::string& why) {
    std::fprintf(stderr, "usherd: %s\n", usher::base::Visible(why).c_str());
    std::_Exit(kDeaf);
  };
  auto app = App::Start(std::move(config), std::move(options));
  if (!app.ok()) {
    const std::string why =
        usher::base::Visible(usher::base::Std(app.status().message()));
    std::fprintf(stderr, "usherd: %s\n", why.c_str());
    return kCannotStart;
  }
  usher::server::NotifyServiceManager("READY=1");
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) {
    (*app)->ReloadConfig();
  }
  // A second signal ends the process at once.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  usher::server::NotifyServiceManager("STOPPING=1");
  (*app)->Drain();
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  // Debian's Abseil looks for deadlocks in release builds too, whenever gRPC
  // takes a lock.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  std::optional<Arguments> arguments = Read(argc, argv);
  if (!arguments) return kWrongUsage;
  if (arguments->help) {
    std::fputs(kUsage, stdout);
    return EXIT_SUCCESS;
  }
  if (arguments->version) {
    std::printf("usherd %s\n", usher::server::kVersion);
    for (const auto& [name, version] : usher::server::Libraries()) {
      std::printf("  %s %s\n", name.c_str(), version.c_str());
    }
    return EXIT_SUCCESS;
  }
  usher::config::Loaded loaded = usher::config::Load(arguments->config);
  if (arguments->check) return Check(arguments->config, loaded);
  if (!loaded.config) {
    Check(arguments->config, loaded);
    std::fputs("usherd: nothing was started\n", stderr);
    return kCannotStart;
  }
  return Run(*std::move(loaded.config),
             App::Options{
                 .file = App::File{arguments->config, std::move(loaded.files)},
                 .warnings = std::move(loaded.warnings),
                 .ready_file = std::move(arguments->ready_file)});
}
