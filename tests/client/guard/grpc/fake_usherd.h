// An usherd that believes what it is told: "good.NAME" is the token of NAME,
// "old" has expired, anything else is forged. Holds no thread while it waits.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "grpcpp/server.h"
#include "usher/v1/token_service.grpc.pb.h"

namespace usher::testing {

class FakeUsherd final : public v1::TokenService::CallbackService {
 public:
  struct Settings {
    absl::Duration delay = absl::ZeroDuration();
    bool held = false;  // answers nothing until Release()
    absl::Duration cache_for = absl::Seconds(30);
    std::string address = "127.0.0.1:0";
  };
  explicit FakeUsherd(const Settings& settings);
  FakeUsherd() : FakeUsherd(Settings()) {}
  // Releases what is held.
  ~FakeUsherd() override;

  const std::string& address() const { return address_; }
  // What kind of token was asked about last.
  v1::TokenKind kind() const { return kind_; }
  // Questions so far.
  int questions() const { return questions_; }
  // Questions that wait for Release().
  size_t waiting() const;
  // Answers what waits, and from now on at once.
  void Release();

  // Implements the service.
  grpc::ServerUnaryReactor* Verify(grpc::CallbackServerContext*,
                                   const v1::VerifyRequest*,
                                   v1::VerifyResponse*) override;

 private:
  const absl::Duration delay_;
  const absl::Duration cache_for_;
  std::string address_;
  std::atomic<int> questions_ = 0;
  std::atomic<v1::TokenKind> kind_ = v1::TOKEN_KIND_UNSPECIFIED;
  mutable std::mutex mutex_;
  bool held_;
  std::vector<grpc::ServerUnaryReactor*> waiting_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace usher::testing
