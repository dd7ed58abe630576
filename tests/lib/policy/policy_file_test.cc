// Policy files, and their reload.
#include "lib/policy/policy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "lib/base/text/strings.h"
#include "lib/policy/policy_watch.h"
#include "tests/docs/examples.h"

namespace usher::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

TEST(PolicyFile, EqualsTheSamePolicyInCode) {
  const FilePolicy file = ParsePolicyFile(docs::kPolicyExample);
  EXPECT_THAT(file.errors, IsEmpty());
  EXPECT_THAT(file.audiences, ElementsAre("orders"));
  const MethodPolicy& policy = file.policy;
  EXPECT_EQ(policy.Find("/shop.v1.Orders/List")->scope_match, ScopeMatch::kAny);
  EXPECT_TRUE(policy.Find("/shop.v1.Orders/Version")->is_public);
  EXPECT_TRUE(policy.Find("/shop.v1.Catalogue/Search")->optional);
  EXPECT_FALSE(policy.Find("/shop.v1.Catalogue/List")->optional);
  EXPECT_THAT(policy.Find("/shop.v1.Catalogue/List")->scopes, IsEmpty());
  EXPECT_THAT(policy.Find("/x.Y/Z")->scopes, ElementsAre("orders.admin"));
  EXPECT_TRUE(policy.Find("/grpc.health.v1.Health/Check")->is_public);
  EXPECT_EQ(policy.Find("/grpc.channelz.v1.Channelz/GetServers"), nullptr);
  const MethodRule& remove = *policy.Find("/shop.v1.Orders/Delete");
  EXPECT_EQ(remove.scope_match, ScopeMatch::kAll);
  EXPECT_THAT(
      remove.claims,
      ElementsAre(Claim("tenant").Is("acme"), Claim("email_verified").Is(true),
                  Claim("department").IsOneOf({"sales", "support"}),
                  Claim({"realm_access", "roles"}).Contains("admin"),
                  Claim("https://example.com/region").IsPresent()));
}

TEST(PolicyFile, TellsErrorsOfFormAndOfSenseAtOnce) {
  const FilePolicy file = ParsePolicyFile(
      "default: public\n"
      "reflection: {claims: {t: {is: a, one_of: [b]}}}\n"
      "services: {shop.Orders: {scope: [a]}}\n"
      "methods:\n"
      "  shop.Orders: {}\n"
      "  /shop.Orders/List: {}\n"
      "  shop.Orders/List: public\n");
  EXPECT_THAT(
      file.errors,
      ElementsAre(
          "default: must not be public: name the methods that are (line 1)",
          "reflection: claim t: no token can fulfil both \"t is \"a\"\" and "
          "\"t is one of \"b\"\" (line 2)",
          "services.shop.Orders: unknown key \"scope\": did you mean scopes? "
          "(line 3)",
          "methods.shop.Orders: must be SERVICE/METHOD (line 5)",
          "methods.shop.Orders/List: listed twice (line 7)"));
}

TEST(PolicyFile, RejectsRulesThatCanMatchNothing) {
  const FilePolicy file = ParsePolicyFile(
      "methods:\n"
      "  /a.B/*: {}\n"
      "  /a.B/C: {scopes: [x y]}\n"
      "services:\n"
      "  a.*: {}\n");
  EXPECT_THAT(file.errors,
              ElementsAre(HasSubstr("there are no wildcards"),
                          HasSubstr("no token can have the scope \"x y\""),
                          HasSubstr("there are no wildcards")));
}

// A directory like a mounted ConfigMap: policy.yaml -> ..data/policy.yaml, and
// ..data -> a directory that is replaced.
class PolicyWatchTest : public ::testing::Test {
 protected:
  PolicyWatchTest() {
    Swap("a.A");
    fs::create_symlink("..data/policy.yaml", file());
  }
  ~PolicyWatchTest() override { fs::remove_all(directory_); }

  static fs::path NewDirectory() {
    std::string path = ::testing::TempDir() + "policy_watch_XXXXXX";
    return mkdtemp(path.data());
  }
  std::string file() const { return directory_ / "policy.yaml"; }

  // A policy with a service of this name.
  static std::string Text(const std::string& service) {
    return base::StrCat("services: {", service, ": {}}\n");
  }
  void SwapText(const std::string& text) {
    const std::string version = base::StrCat("v", ++versions_);
    fs::create_directory(directory_ / version);
    std::ofstream(directory_ / version / "policy.yaml") << text;
    fs::create_symlink(version, directory_ / "..new");
    fs::rename(directory_ / "..new", directory_ / "..data");
  }
  void Swap(const std::string& service) { SwapText(Text(service)); }
  void WriteInPlace(const std::string& text) { std::ofstream(file()) << text; }

  void Open() {
    auto policy = watch_.Open();
    ASSERT_TRUE(policy.ok()) << policy.status();
    active_config_ = *std::move(policy);
    watch_.Connect(
        [this](MethodPolicy next) { active_config_ = std::move(next); },
        [this](const absl::Status& status) {
          reloads_.push_back(status.ok() ? "ok"
                                         : std::string(status.message()));
        });
  }
  // A change is seen at the second poll.
  void PollTwice() {
    watch_.Poll();
    watch_.Poll();
  }
  bool Allows(std::string_view service) const {
    return active_config_.Find(base::StrCat("/", service, "/Do")) != nullptr;
  }

  const fs::path directory_ = NewDirectory();
  int versions_ = 0;
  MethodPolicy active_config_;
  std::vector<std::string> reloads_;
  PolicyWatch watch_{directory_ / "policy.yaml", {"orders"}};
};

TEST_F(PolicyWatchTest, SeesAReplacedLink) {
  Open();
  EXPECT_TRUE(Allows("a.A"));
  EXPECT_THAT(active_config_.Find("/a.A/Do")->audiences, ElementsAre("orders"));
  Swap("b.B");
  PollTwice();
  EXPECT_TRUE(Allows("b.B"));
  EXPECT_FALSE(Allows("a.A"));
  EXPECT_THAT(reloads_, ElementsAre("ok"));
}

TEST_F(PolicyWatchTest, ReportsNothingIfTheTextIsTheSame) {
  Open();
  for (int i = 0; i < 5; ++i) watch_.Poll();
  Swap("a.A");  // another file, the same text
  for (int i = 0; i < 5; ++i) watch_.Poll();
  EXPECT_THAT(reloads_, IsEmpty());
}

TEST_F(PolicyWatchTest, WaitsUntilAFileNoLongerChanges) {
  Open();
  PollTwice();
  WriteInPlace("services: {b.B: {}}\n");
  watch_.Poll();
  WriteInPlace("services: {b.B: {}}\nmethods: {/b.B/Do: {scopes: [x]}}\n");
  watch_.Poll();
  EXPECT_TRUE(Allows("a.A")) << "the file has just changed";
  watch_.Poll();
  EXPECT_THAT(active_config_.Find("/b.B/Do")->scopes, ElementsAre("x"));
  EXPECT_THAT(reloads_, ElementsAre("ok"));
}

TEST_F(PolicyWatchTest, KeepsThePolicyIfTheFileIsInvalidAndReportsItOnce) {
  Open();
  SwapText("services: {b.B: {}}\ndefault: public\n");
  for (int i = 0; i < 5; ++i) watch_.Poll();
  EXPECT_TRUE(Allows("a.A"));
  EXPECT_FALSE(Allows("b.B")) << "the valid part must not be used either";
  EXPECT_THAT(reloads_, ElementsAre(HasSubstr("default: must not be public")));
  Swap("b.B");
  PollTwice();
  EXPECT_TRUE(Allows("b.B"));
  EXPECT_EQ(reloads_.back(), "ok");
}

TEST_F(PolicyWatchTest, KeepsThePolicyIfTheFileIsGone) {
  Open();
  PollTwice();
  fs::remove(file());
  for (int i = 0; i < 5; ++i) watch_.Poll();
  EXPECT_TRUE(Allows("a.A"));
  EXPECT_THAT(reloads_, ElementsAre(HasSubstr("cannot read")));
}

TEST_F(PolicyWatchTest, ReloadReadsAtOnce) {
  Open();
  Swap("b.B");
  EXPECT_TRUE(watch_.Reload().ok());
  EXPECT_TRUE(Allows("b.B"));
  SwapText("default: public");
  EXPECT_THAT(std::string(watch_.Reload().message()),
              HasSubstr("default: must not be public"));
  EXPECT_TRUE(Allows("b.B"));
  EXPECT_EQ(reloads_.size(), 2u);
}

TEST_F(PolicyWatchTest, RequiresAudiencesInExactlyOnePlace) {
  WriteInPlace("audiences: [billing]\ndefault: {}\n");
  EXPECT_THAT(std::string(watch_.Open().status().message()),
              HasSubstr("audiences: already set in the guard's options"));
  PolicyWatch alone(file(), {});
  EXPECT_THAT(alone.Open()->Find("/a.A/Do")->audiences, ElementsAre("billing"));
  WriteInPlace("default: {}\n");
  EXPECT_THAT(std::string(alone.Open().status().message()),
              HasSubstr("audiences: required"));
}

}  // namespace
}  // namespace usher::policy
