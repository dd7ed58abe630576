#include "client/guard/grpc/internals/async_call_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "lib/base/mutex.h"
#include "tests/client/guard/grpc/guarded_server.h"
#include "usher/testing.h"

namespace usher::guard {
namespace {

using enum grpc::StatusCode;
using testing::FakeVerifier;
using testing::GuardedServer;
using ::testing::HasSubstr;
using testing::Port;

class Source final : public CallHeaderSource {
 public:
  using Answer = std::function<void(CallHeadersCallback)>;
  explicit Source(Answer answer) : answer_(std::move(answer)) {}
  void Find(const CallTarget& call, CallHeadersCallback done) override {
    {
      base::MutexLock lock(mutex_);
      methods_.emplace_back(call.method);
    }
    answer_(std::move(done));
  }
  std::string Describe() const override { return "a test's headers"; }
  std::vector<std::string> methods() {
    base::MutexLock lock(mutex_);
    return methods_;
  }

 private:
  const Answer answer_;
  base::Mutex mutex_;
  std::vector<std::string> methods_ ABSL_GUARDED_BY(mutex_);
};

class AsyncCallCredentialsTest : public ::testing::Test {
 protected:
  // The subject that the server saw, or the error.
  std::string CallWith(Source::Answer answer, Port port = Port::kLocal) {
    const auto source = std::make_shared<Source>(std::move(answer));
    GuardedServer server(*guard_, testing::Style::kCallback, port);
    const auto stub = server.NewStub();
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(60));
    context.set_credentials(std::make_shared<AsyncCallCredentials>(
        source, GRPC_PRIVACY_AND_INTEGRITY));
    testing::EchoReply reply;
    status_ = stub->Unary(&context, testing::EchoRequest(), &reply);
    asked_ = source->methods();
    return status_.ok() ? reply.subject() : status_.error_message();
  }
  CallHeaders Alice() {
    return {{"authorization", callers_->Bearer({.subject = "alice"})}};
  }

  const std::shared_ptr<FakeVerifier> callers_ =
      std::make_shared<FakeVerifier>();
  const std::unique_ptr<Guard> guard_ =
      *Guard::Create({.verifier = callers_,
                      .audiences = {"orders"},
                      .policy = testing::EchoPolicy()});
  grpc::Status status_;
  std::vector<std::string> asked_;
};

TEST_F(AsyncCallCredentialsTest, SendsHeadersThatAreThereAtOnce) {
  EXPECT_EQ(CallWith([&](auto done) { std::move(done)(Alice()); }), "alice");
  EXPECT_THAT(asked_, ::testing::ElementsAre("Unary"));
}

TEST_F(AsyncCallCredentialsTest, SendsHeadersThatComeLaterFromAnotherThread) {
  std::thread later;
  EXPECT_EQ(CallWith([&](auto done) {
              later = std::thread([&, done = std::move(done)]() mutable {
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
                std::move(done)(Alice());
              });
            }),
            "alice");
  later.join();
}

TEST_F(AsyncCallCredentialsTest, EndsTheCallWithTheMessageOfAnError) {
  const auto failing = [](auto done) {
    std::move(done)(absl::PermissionDeniedError("the issuer said no"));
  };
  EXPECT_THAT(CallWith(failing), HasSubstr("the issuer said no"));
  EXPECT_EQ(status_.error_code(), UNAVAILABLE);
  std::thread later;
  EXPECT_THAT(CallWith([&](auto done) {
                later = std::thread([&, done = std::move(done)]() mutable {
                  std::move(done)(absl::InternalError("no issuer"));
                });
              }),
              HasSubstr("no issuer"));
  later.join();
}

TEST_F(AsyncCallCredentialsTest, EndsACallWhoseCallbackIsDropped) {
  EXPECT_THAT(CallWith([](auto) {}), HasSubstr("no headers for the call came"));
}

TEST_F(AsyncCallCredentialsTest, EndsACallWithTooManyHeaders) {
  EXPECT_THAT(CallWith([](auto done) {
                std::move(done)(CallHeaders(5, {"x-a", "b"}));
              }),
              HasSubstr("too many headers"));
}

TEST_F(AsyncCallCredentialsTest, AreNotAskedOnAChannelThatIsNotSecureEnough) {
  CallWith([&](auto done) { std::move(done)(Alice()); }, Port::kInsecure);
  EXPECT_EQ(status_.error_code(), UNAUTHENTICATED);
  EXPECT_THAT(asked_, ::testing::IsEmpty());
}

// The callback may be called after the call has ended.
TEST_F(AsyncCallCredentialsTest, SurvivesAnAnswerAfterTheEndOfTheCall) {
  CallHeadersCallback kept;
  GuardedServer server(*guard_, testing::Style::kCallback, Port::kLocal);
  const auto stub = server.NewStub();
  {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(200));
    context.set_credentials(std::make_shared<AsyncCallCredentials>(
        std::make_shared<Source>([&](auto done) { kept = std::move(done); }),
        GRPC_PRIVACY_AND_INTEGRITY));
    testing::EchoReply reply;
    EXPECT_EQ(
        stub->Unary(&context, testing::EchoRequest(), &reply).error_code(),
        DEADLINE_EXCEEDED);
  }
  if (kept) std::move(kept)(Alice());
  EXPECT_EQ(server.entries(), 0);
}

}  // namespace
}  // namespace usher::guard
