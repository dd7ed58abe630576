#include "tests/client/guard/grpc/fake_usherd.h"

#include <chrono>
#include <utility>

#include "absl/time/clock.h"
#include "grpcpp/alarm.h"
#include "grpcpp/server_builder.h"
#include "lib/base/text/strings.h"

namespace usher::testing {
namespace {

constexpr std::string_view kGood = "good.";
constexpr std::string_view kPoor = "poor.";  // has no scopes

void Evaluate(const std::string& token, absl::Duration cache_for,
              v1::VerifyResponse& response) {
  const bool poor = token.starts_with(kPoor);
  if (!token.starts_with(kGood) && !poor) {
    const bool old = token == "old";
    response.mutable_denial()->set_reason(old ? v1::TOKEN_EXPIRED
                                              : v1::SIGNATURE_INVALID);
    response.mutable_denial()->set_message(old ? "expired 12s ago"
                                               : "the signature is invalid");
    return;
  }
  v1::VerifiedToken& verified = *response.mutable_verified();
  verified.set_issuer("https://login.example.com");
  verified.set_issuer_name("corp");
  verified.set_subject(token.substr(kGood.size()));
  if (!poor) verified.add_scopes("orders.read");
  verified.set_algorithm("ES256");
  verified.mutable_expires_at()->set_seconds(
      absl::ToUnixSeconds(absl::Now() + absl::Hours(1)));
  verified.mutable_cache_for()->set_seconds(absl::ToInt64Seconds(cache_for));
}

// Ends `reactor` after `delay`, without a thread.
void FinishLater(grpc::ServerUnaryReactor* reactor, absl::Duration delay) {
  auto* alarm = new grpc::Alarm;
  alarm->Set(absl::ToChronoTime(absl::Now() + delay), [alarm, reactor](bool) {
    reactor->Finish(grpc::Status::OK);
    delete alarm;
  });
}

}  // namespace

FakeUsherd::FakeUsherd(const Settings& settings)
    : delay_(settings.delay),
      cache_for_(settings.cache_for),
      held_(settings.held) {
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  int port = 0;
  builder.AddListeningPort(settings.address, grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  address_ = base::StrCat("127.0.0.1:", port);
}

FakeUsherd::~FakeUsherd() {
  Release();
  if (server_) server_->Shutdown(std::chrono::system_clock::now());
}

size_t FakeUsherd::waiting() const {
  base::MutexLock lock(mutex_);
  return waiting_.size();
}

void FakeUsherd::Release() {
  std::vector<grpc::ServerUnaryReactor*> waiting;
  {
    base::MutexLock lock(mutex_);
    held_ = false;
    waiting = std::exchange(waiting_, {});
  }
  for (auto* reactor : waiting) reactor->Finish(grpc::Status::OK);
}

grpc::ServerUnaryReactor* FakeUsherd::Verify(
    grpc::CallbackServerContext* context, const v1::VerifyRequest* request,
    v1::VerifyResponse* response) {
  ++requests_;
  kind_ = request->kind();
  Evaluate(request->token(), cache_for_, *response);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  {
    base::MutexLock lock(mutex_);
    if (held_) {
      waiting_.push_back(reactor);
      return reactor;
    }
  }
  if (delay_ > absl::ZeroDuration()) {
    FinishLater(reactor, delay_);
  } else {
    reactor->Finish(grpc::Status::OK);
  }
  return reactor;
}

}  // namespace usher::testing
