// `usher check-policy`, run as a user runs it.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include "lib/base/text/strings.h"
#include "tests/client/cli/output_matchers.h"
#include "tests/client/cli/run_program.h"

namespace usher {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using testing::HasJson;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsPlain;
using ::testing::Not;
using testing::Ran;
using testing::RunUsher;

// Adds shop.v1.NAME with these methods, as protoc describes it.
void AddService(google::protobuf::FileDescriptorProto& file, std::string name,
                const std::vector<std::string>& methods) {
  auto& service = *file.add_service();
  service.set_name(std::move(name));
  for (const std::string& method : methods) {
    service.add_method()->set_name(method);
  }
}

class UsherCheckPolicy : public ::testing::Test {
 protected:
  UsherCheckPolicy() {
    google::protobuf::FileDescriptorSet set;
    auto& file = *set.add_file();
    file.set_name("shop.proto");
    file.set_package("shop.v1");
    AddService(file, "Orders", {"List", "Delete", "Version"});
    AddService(file, "Stock", {"Count"});
    testing::WriteFile(descriptors_, set.SerializeAsString());
  }

  Ran Check(std::string_view policy, std::vector<std::string> words = {}) {
    testing::WriteFile(file_, policy);
    words.insert(words.begin(), {"check-policy", file_});
    return RunUsher(std::move(words));
  }
  Ran Compare(std::string_view policy, std::vector<std::string> words = {}) {
    words.insert(words.end(), {"--descriptors", descriptors_});
    return Check(policy, std::move(words));
  }

  const std::string directory_ = testing::NewDirectory();
  const std::string file_ = directory_ + "/policy.yaml";
  const std::string descriptors_ = directory_ + "/shop.pb";
};

constexpr std::string_view kWhole = R"(
audiences: [orders]
services:
  shop.v1.Orders: {scopes: [orders.read, orders.admin], scope_match: any}
methods:
  /shop.v1.Orders/Delete:
    scopes: [orders.write, orders.erase]
    audiences: [billing]
    claims: {tenant: acme, email_verified: true}
  /shop.v1.Orders/Version: public
default: {}
)";

TEST_F(UsherCheckPolicy, ListsTheRequirementsOfEachMethod) {
  const Ran ran = Compare(kWhole);
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(
      ran.out,
      base::StrCat(
          "METHOD                   BY       WANTS\n"
          "/shop.v1.Orders/Delete   method   token; scopes: orders.write, "
          "orders.erase; audiences: billing; claims: tenant is \"acme\", "
          "email_verified is true\n"
          "/shop.v1.Orders/List     service  token; any scope of: orders.read, "
          "orders.admin; audiences: orders\n"
          "/shop.v1.Orders/Version  method   public\n"
          "/shop.v1.Stock/Count     default  token; audiences: orders\n"
          "\n",
          file_,
          ": OK, 4 methods, 0 of them refused for all callers, 0 rules "
          "without a method\n"));
  EXPECT_THAT(ran.out, IsPlain());
  EXPECT_THAT(ran.err, IsEmpty());
}

TEST_F(UsherCheckPolicy, ListsOptionalTokens) {
  constexpr std::string_view kOptional = R"(
audiences: [orders]
methods:
  /shop.v1.Orders/List: {optional: true}
default: {}
)";
  EXPECT_THAT(Compare(kOptional).out,
              HasSubstr("/shop.v1.Orders/List     method   optional token; "
                        "audiences: orders\n"));
  const std::string json = Compare(kOptional, {"--json"}).out;
  EXPECT_THAT(json, HasSubstr(R"("optional":true)"));
  EXPECT_THAT(json, HasSubstr(R"("optional":false)"));
}

TEST_F(UsherCheckPolicy, PrintsTheSameAsJson) {
  const Ran ran = Compare(kWhole, {"--json"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.out, HasJson("fine", "true"));
  EXPECT_THAT(
      ran.out,
      AllOf(HasSubstr(R"("method":"/shop.v1.Orders/Version","by":"method",)"
                      R"("verdict":"public")"),
            HasSubstr(R"("method":"/shop.v1.Orders/List","by":"service",)"
                      R"("verdict":"token",)"
                      R"("scopes":["orders.read","orders.admin"],)"
                      R"("scope_match":"any","audiences":["orders"])")));
}

TEST_F(UsherCheckPolicy, ExitsWith1IfAMethodHasNoRule) {
  const Ran ran = Compare(R"(
audiences: [orders]
services: {shop.v1.Orders: {}}
)");
  EXPECT_EQ(ran.status, 1) << ran.err;
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("/shop.v1.Stock/Count     nothing  REFUSED: "
                              "METHOD_NOT_IN_POLICY\n"),
                    EndsWith(": not OK, 4 methods, 1 of them refused for all "
                             "callers, 0 rules without a method\n")));
  const Ran json = Check(testing::ReadFile(file_),
                         {"--json", "--descriptors", descriptors_});
  EXPECT_EQ(json.status, 1);
  EXPECT_THAT(json.out, HasJson("fine", "false"));
  EXPECT_THAT(json.out, HasSubstr(R"("by":"nothing","verdict":"refused",)"
                                  R"("reason":"METHOD_NOT_IN_POLICY")"));
}

TEST_F(UsherCheckPolicy, ExitsWith1IfARuleMatchesNoMethodAndSuggestsOne) {
  const Ran ran = Compare(R"(
audiences: [orders]
services: {shop.v1.Order: {}}
methods: {/shop.v1.Orders/Delet: {}}
default: {}
)");
  EXPECT_EQ(ran.status, 1) << ran.err;
  EXPECT_THAT(
      ran.out,
      AllOf(HasSubstr("the rule for method shop.v1.Orders/Delet matches "
                      "no method: did you mean shop.v1.Orders/Delete?"),
            HasSubstr("the rule for service shop.v1.Order matches no "
                      "method: did you mean shop.v1.Orders?"),
            HasSubstr("2 rules without a method")));
}

TEST_F(UsherCheckPolicy, NeedsNoRuleForServicesOfGrpcItself) {
  const Ran ran = Compare(R"(
audiences: [orders]
default: {}
health: public
reflection: {scopes: [ops]}
)");
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
}

TEST_F(UsherCheckPolicy, PrintsEveryErrorAndNoMethods) {
  const Ran ran = Compare(R"(
audiences: [orders]
methods: {/shop.v1.Orders/Delete: {scope: [a], scopes: []}}
default: public
)");
  EXPECT_EQ(ran.status, 1) << ran.err;
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("did you mean scopes?"), HasSubstr("default: "),
                    HasSubstr("not OK, "), Not(HasSubstr("METHOD"))));
  EXPECT_THAT(RunUsher({"check-policy", file_, "--json"}).out,
              HasJson("methods", "[]"));
}

TEST_F(UsherCheckPolicy, ChecksAFileAlone) {
  const Ran ran = Check("default: {}\n");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out, file_ +
                         ": OK, no errors; --server or --descriptors compare "
                         "it with a server's methods\n");
}

TEST_F(UsherCheckPolicy, ReportsAMissingFile) {
  const Ran ran = RunUsher({"check-policy", directory_ + "/none.yaml"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out, HasSubstr("not OK, 1 error"));
}

TEST_F(UsherCheckPolicy, ExitsWith2OnCommandLineErrors) {
  EXPECT_EQ(RunUsher({"check-policy"}).status, 2);
  const Ran no_file = Check("default: {}\n", {"--descriptors", "/none.pb"});
  EXPECT_EQ(no_file.status, 2);
  EXPECT_THAT(no_file.err, HasSubstr("--descriptors: /none.pb: "));
  const Ran text = Check("default: {}\n", {"--descriptors", file_});
  EXPECT_EQ(text.status, 2);
  EXPECT_THAT(text.err, HasSubstr("is not what protoc --descriptor_set_out "
                                  "writes"));
}

TEST_F(UsherCheckPolicy, ExitsWith3IfTheServerDoesNotAnswer) {
  const Ran ran = Check("default: {}\n", {"--server", "127.0.0.1:1"});
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.err, HasSubstr("cannot ask 127.0.0.1:1: "));
}

}  // namespace
}  // namespace usher
