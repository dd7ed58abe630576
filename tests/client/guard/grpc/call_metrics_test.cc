// The grpc_server_* metrics of a guarded server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "grpcpp/impl/codegen/client_unary_call.h"
#include "lib/base/text/strings.h"
#include "tests/client/guard/grpc/guarded_server.h"
#include "usher/guard_prometheus.h"
#include "usher/testing.h"

namespace usher::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Labels(std::string_view method, std::string_view service,
                   std::string_view type) {
  return base::StrCat("grpc_method=\"", method, "\",grpc_service=\"", service,
                      "\",grpc_type=\"", type, "\"}");
}
std::string Unknown() { return Labels("unknown", "unknown", "unknown"); }

grpc::StatusCode CallUnknown(const GuardedServer& server, int number,
                             const std::string& bearer) {
  const auto channel = server.NewChannel();
  const std::string path = base::StrCat("/unknown.Service/Method", number);
  const grpc::internal::RpcMethod method(path.c_str(),
                                         grpc::internal::RpcMethod::NORMAL_RPC);
  grpc::ClientContext context;
  context.AddMetadata("authorization", bearer);
  EchoReply reply;
  return grpc::internal::BlockingUnaryCall<EchoRequest, EchoReply>(
             channel.get(), method, &context, EchoRequest(), &reply)
      .error_code();
}

class CallMetricsTest : public ::testing::TestWithParam<Style> {
 protected:
  std::string Page() {
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }
  std::unique_ptr<Guard> NewGuard(MethodPolicy policy) {
    return *Guard::Create({.verifier = callers_,
                           .audiences = {"orders"},
                           .policy = std::move(policy),
                           .observer = PrometheusObserver(registry_)});
  }

  prometheus::Registry registry_;
  const std::shared_ptr<FakeVerifier> callers_ =
      std::make_shared<FakeVerifier>();
};

TEST_P(CallMetricsTest, CountsCallsAndMessagesByMethodAndCode) {
  const auto guard = NewGuard(EchoPolicy());
  const std::string good = callers_->Bearer({.subject = "alice"});
  const std::string bad = callers_->BearerDenied(Reason::kTokenExpired);
  {
    GuardedServer server(*guard, GetParam());
    const auto stub = server.NewStub();
    for (const Kind kind : kKinds) {
      const Outcome outcome = Call(*stub, kind, {{"authorization", good}});
      EXPECT_TRUE(outcome.status.ok()) << outcome.status.error_message();
    }
    Call(*stub, {{"authorization", bad}});
    Call(*stub, {{"authorization", callers_->BearerUndecided()}});
  }
  const std::string page = Page();
  struct Row {
    const char* method;
    const char* type;
    int started, received;
  };
  for (const Row& row :
       {Row{"Unary", "unary", 3, 1}, Row{"ClientStream", "client_stream", 1, 3},
        Row{"ServerStream", "server_stream", 1, 1},
        Row{"Bidi", "bidi_stream", 1, 3}}) {
    const std::string labels =
        Labels(row.method, "usher.testing.Echo", row.type);
    for (const std::string& line : {
             base::StrCat("grpc_server_started_total{", labels, " ",
                          row.started, "\n"),
             base::StrCat("grpc_server_handled_total{grpc_code=\"OK\",", labels,
                          " 1\n"),
             base::StrCat("grpc_server_msg_received_total{", labels, " ",
                          row.received, "\n"),
             base::StrCat("grpc_server_msg_sent_total{", labels, " 1\n"),
             base::StrCat("grpc_server_handling_seconds_count{", labels, " ",
                          row.started, "\n"),
         }) {
      EXPECT_THAT(page, HasSubstr(line));
    }
  }
  const std::string unary = Labels("Unary", "usher.testing.Echo", "unary");
  for (const char* code : {"Unauthenticated", "Unavailable"}) {
    EXPECT_THAT(page,
                HasSubstr(base::StrCat("grpc_server_handled_total{grpc_code=\"",
                                       code, "\",", unary, " 1\n")));
  }
}

INSTANTIATE_TEST_SUITE_P(Styles, CallMetricsTest,
                         ::testing::Values(Style::kSync, Style::kCallback,
                                           Style::kQueue),
                         [](const auto& style) { return NameOf(style.param); });

TEST_F(CallMetricsTest, AddsNoSeriesForMethodsThatDoNotExist) {
  const auto guard = NewGuard(MethodPolicy().Default({}));
  const std::string good = callers_->Bearer({.subject = "alice"});
  const std::string bad = callers_->BearerDenied(Reason::kTokenExpired);
  GuardedServer plain(*guard, Style::kCallback);
  GuardedServer generic(*guard, Style::kCallbackGeneric);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(CallUnknown(plain, i, bad), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(CallUnknown(plain, i, good), grpc::StatusCode::UNIMPLEMENTED);
    EXPECT_EQ(CallUnknown(generic, i, good), grpc::StatusCode::OK);
  }
  const std::string page = Page();
  EXPECT_THAT(page, Not(HasSubstr("unknown.Service")));
  for (const char* code : {"Unauthenticated", "Unimplemented", "OK"}) {
    EXPECT_THAT(page,
                HasSubstr(base::StrCat("grpc_server_handled_total{grpc_code=\"",
                                       code, "\",", Unknown(), " 5\n")));
  }
  EXPECT_THAT(page, HasSubstr(base::StrCat("grpc_server_started_total{",
                                           Unknown(), " 15\n")));
}

// An observer that does not override Observe().
class CountingObserver final : public GuardObserver {
 public:
  void OnCall(const CallDecision&) override { ++calls; }
  std::atomic<int> calls = 0;
};

TEST_F(CallMetricsTest, CountsNothingIfTheObserverWantsNoMethods) {
  const auto observer = std::make_shared<CountingObserver>();
  const auto guard = *Guard::Create({.verifier = callers_,
                                     .audiences = {"orders"},
                                     .policy = EchoPolicy(),
                                     .observer = observer});
  GuardedServer server(*guard, Style::kSync);
  const auto stub = server.NewStub();
  const std::string good = callers_->Bearer({.subject = "alice"});
  EXPECT_EQ(Call(*stub, {{"authorization", good}}).reply.subject(), "alice");
  EXPECT_EQ(observer->calls, 1);
}

}  // namespace
}  // namespace usher::testing
