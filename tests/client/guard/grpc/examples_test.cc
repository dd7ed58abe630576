// The guarded example programs.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>

#include "chat.grpc.pb.h"
#include "greeter.grpc.pb.h"
#include "grpcpp/create_channel.h"
#include "lib/base/text/strings.h"
#include "tests/client/guard/grpc/fake_usherd.h"
#include "tests/support/paths.h"

namespace usher::testing {
namespace {

// A program that serves until its standard input is closed.
class Program {
 public:
  Program(const std::string& name, const std::string& usherd)
      : output_(base::StrCat(
            ::testing::TempDir(), name, ".",
            std::chrono::system_clock::now().time_since_epoch().count())) {
    const std::string command =
        base::StrCat("exec ", testing::kProgramDir, "/", name, " 127.0.0.1:0 ",
                     usherd, " > ", output_);
    input_ = popen(command.c_str(), "w");
  }
  // The exit status.
  int End() { return pclose(input_); }

  // The port that it listens on. Waits until the program prints it.
  int Port() const {
    const std::string before = "listening on port ";
    while (true) {
      std::string line;
      std::ifstream file(output_);
      // A line without its end is not complete yet.
      if (std::getline(file, line) && !file.eof() && line.starts_with(before)) {
        return std::stoi(line.substr(before.size()));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

 private:
  const std::string output_;
  FILE* input_;
};

using Stub = greeter::v1::Greeter::Stub;
using Method = grpc::Status (Stub::*)(grpc::ClientContext*,
                                      const greeter::v1::HelloRequest&,
                                      greeter::v1::HelloReply*);

// The reply, or the error message.
std::string Call(Stub& stub, Method method, const std::string& token) {
  grpc::ClientContext context;
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  greeter::v1::HelloReply reply;
  const grpc::Status status =
      (stub.*method)(&context, greeter::v1::HelloRequest(), &reply);
  return status.ok() ? reply.text() : status.error_message();
}

class GuardExamples : public ::testing::TestWithParam<const char*> {};

TEST_P(GuardExamples, GreetAdmittedCallers) {
  FakeUsherd usherd;
  Program program(GetParam(), usherd.address());
  const auto stub = greeter::v1::Greeter::NewStub(
      grpc::CreateChannel(base::StrCat("127.0.0.1:", program.Port()),
                          grpc::InsecureChannelCredentials()));
  EXPECT_EQ(Call(*stub, &Stub::Hello, "good.alice"), "hello, alice");
  EXPECT_EQ(Call(*stub, &Stub::Hello, "forged"),
            "invalid_token: SIGNATURE_INVALID: the signature is invalid");
  EXPECT_EQ(Call(*stub, &Stub::Forget, "good.alice"),
            "insufficient_scope: SCOPE_INSUFFICIENT: needs greeter.write");
  EXPECT_EQ(Call(*stub, &Stub::Version, ""), "1");
  EXPECT_EQ(program.End(), 0);
}

INSTANTIATE_TEST_SUITE_P(All, GuardExamples,
                         ::testing::Values("greeter_sync", "greeter_callback",
                                           "greeter_queue"),
                         [](const auto& example) {
                           return std::string(example.param);
                         });

// A caller of the chat. The constructor waits until it has joined.
class Talk {
 public:
  Talk(const Program& program, const std::string& token)
      : stub_(chat::v1::Chat::NewStub(
            grpc::CreateChannel(base::StrCat("127.0.0.1:", program.Port()),
                                grpc::InsecureChannelCredentials()))) {
    context_.AddMetadata("authorization", "Bearer " + token);
    stream_ = stub_->Talk(&context_);
    stream_->WaitForInitialMetadata();
  }
  void Say(const std::string& text) {
    chat::v1::Said said;
    said.set_text(text);
    said.set_author("mallory");  // the server must ignore it
    stream_->Write(said);
  }
  std::string Hear() {
    chat::v1::Said said;
    return stream_->Read(&said) ? said.author() + ": " + said.text() : "(end)";
  }
  void SayGoodbye() { stream_->WritesDone(); }
  grpc::Status End() { return stream_->Finish(); }

 private:
  const std::unique_ptr<chat::v1::Chat::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<chat::v1::Said, chat::v1::Said>>
      stream_;
};

TEST(GuardChat, NamesTheAuthorOfEachMessage) {
  FakeUsherd usherd;
  Program program("chat", usherd.address());
  Talk alice(program, "good.alice");
  Talk bob(program, "good.bob");
  Talk eve(program, "forged");
  EXPECT_EQ(eve.Hear(), "(end)");
  const grpc::Status refused = eve.End();
  EXPECT_EQ(refused.error_message(),
            "invalid_token: SIGNATURE_INVALID: the signature is invalid");
  EXPECT_EQ(refused.error_details(), "") << "no token was verified";
  alice.Say("hello");
  EXPECT_EQ(bob.Hear(), "alice: hello");
  bob.Say("hello, alice");
  EXPECT_EQ(alice.Hear(), "alice: hello");
  EXPECT_EQ(alice.Hear(), "bob: hello, alice");
  alice.SayGoodbye();
  EXPECT_EQ(alice.Hear(), "(end)");
  EXPECT_TRUE(alice.End().ok());
  EXPECT_EQ(program.End(), 0) << "with a stream still open";
  EXPECT_EQ(bob.Hear(), "bob: hello, alice");
  EXPECT_EQ(bob.Hear(), "(end)");
  EXPECT_FALSE(bob.End().ok());
}

}  // namespace
}  // namespace usher::testing
