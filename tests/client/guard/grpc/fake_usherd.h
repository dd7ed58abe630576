// A fake usherd: "good.NAME" is a token of NAME, "old" has expired, every other
// token is forged. It holds no thread while a request waits.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "grpcpp/server.h"
#include "lib/base/mutex.h"
#include "usher/v1/token_service.grpc.pb.h"

namespace usher::testing {

class FakeUsherd final : public v1::TokenService::CallbackService {
 public:
  struct Settings {
    absl::Duration delay = absl::ZeroDuration();
    bool held = false;  // answers no request until Release()
    absl::Duration cache_for = absl::Seconds(30);
    std::string address = "127.0.0.1:0";
  };
  explicit FakeUsherd(const Settings& settings);
  FakeUsherd() : FakeUsherd(Settings()) {}
  // Calls Release().
  ~FakeUsherd() override;

  const std::string& address() const { return address_; }
  // The kind of token in the last request.
  v1::TokenKind kind() const { return kind_; }
  // How many requests came.
  int requests() const { return requests_; }
  // How many of them wait for Release().
  size_t waiting() const;
  // Answers the requests that wait, and later ones at once.
  void Release();

  // Implements the service.
  grpc::ServerUnaryReactor* Verify(grpc::CallbackServerContext*,
                                   const v1::VerifyRequest*,
                                   v1::VerifyResponse*) override;

 private:
  const absl::Duration delay_;
  const absl::Duration cache_for_;
  std::string address_;
  std::atomic<int> requests_ = 0;
  std::atomic<v1::TokenKind> kind_ = v1::TOKEN_KIND_UNSPECIFIED;
  mutable base::Mutex mutex_;
  bool held_ ABSL_GUARDED_BY(mutex_);
  std::vector<grpc::ServerUnaryReactor*> waiting_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace usher::testing
