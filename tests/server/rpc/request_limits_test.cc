#include "server/rpc/request_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "lib/base/text/strings.h"

namespace usher::server {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

template <typename Request>
std::optional<rpc::FieldViolation> Check(const std::string& bytes) {
  return rpc::CheckWire(bytes, LimitsOf(Request()));
}

// Whether every field of a parsed message keeps the table, which protobuf's own
// description of the message is compared with.
void ExpectKept(const Message& message, const rpc::MessageLimits& limits) {
  const auto* descriptor = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  for (const rpc::FieldLimit& limit : limits.fields) {
    const FieldDescriptor* field =
        descriptor->FindFieldByNumber(static_cast<int>(limit.number));
    ASSERT_NE(field, nullptr) << limit.name;
    if (!field->is_repeated()) continue;
    const int size = reflection->FieldSize(message, field);
    EXPECT_LE(static_cast<size_t>(size), limit.most) << limit.name;
    if (limit.form != rpc::WireForm::kMessage) continue;
    for (int i = 0; i < size; ++i) {
      ExpectKept(reflection->GetRepeatedMessage(message, field, i),
                 *limit.message);
    }
  }
}

// The table has each field of the message, by its name, kind and form.
void ExpectComplete(const google::protobuf::Descriptor& message,
                    const rpc::MessageLimits& limits) {
  ASSERT_EQ(static_cast<size_t>(message.field_count()), limits.fields.size())
      << message.full_name();
  ASSERT_LE(limits.fields.size(), rpc::MessageLimits::kMostFields);
  for (const rpc::FieldLimit& limit : limits.fields) {
    const FieldDescriptor* field =
        message.FindFieldByNumber(static_cast<int>(limit.number));
    ASSERT_NE(field, nullptr) << limit.name;
    EXPECT_EQ(field->name(), limit.name);
    EXPECT_EQ(field->is_repeated(), limit.most > 1) << limit.name;
    // Packed, a list of numbers would be bytes.
    EXPECT_FALSE(field->is_packable()) << limit.name;
    const bool text = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    const bool nested = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    EXPECT_EQ(limit.form, nested ? rpc::WireForm::kMessage
                          : text ? rpc::WireForm::kBytes
                                 : rpc::WireForm::kVarint)
        << limit.name;
    if (nested) ExpectComplete(*field->message_type(), *limit.message);
  }
}

template <typename Request>
class RequestLimits : public ::testing::Test {};
using Requests = ::testing::Types<
    v1::VerifyRequest, v1::IntrospectRequest, v1::BatchVerifyRequest,
    v1::ExplainRequest, v1::ListIssuersRequest, v1::RefreshKeysRequest,
    v1::RevokeRequest, v1::UnrevokeRequest, v1::ListRevocationsRequest>;
TYPED_TEST_SUITE(RequestLimits, Requests);

TYPED_TEST(RequestLimits, HaveEveryFieldOfTheMessage) {
  ExpectComplete(*TypeParam::descriptor(), LimitsOf(TypeParam()));
}

// Random bytes of tags, lengths and texts: what the check accepts, protobuf
// reads with the same counts.
TYPED_TEST(RequestLimits, AgreeWithTheParser) {
  std::mt19937 random(20260101);
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes;
    const size_t pieces = random() % 90;
    for (size_t i = 0; i < pieces; ++i) {
      // Tags of the first fields; sometimes any byte.
      const uint32_t number = 1 + random() % 7;
      const bool odd = random() % 64 == 0;
      bytes += static_cast<char>(odd ? random() : number << 3 | 2);
      std::string value(random() % 4, 'a');
      if (random() % 4 == 0) value = "\x12" + std::string(1, '\0');
      bytes += static_cast<char>(odd ? random() % 16 : value.size());
      bytes += value;
    }
    if (Check<TypeParam>(bytes)) continue;
    ++accepted;
    TypeParam message;
    ASSERT_TRUE(message.ParseFromString(bytes));
    ExpectKept(message, LimitsOf(message));
  }
  EXPECT_GT(accepted, 10);
}

TYPED_TEST(RequestLimits, AcceptWhatWasSerialized) {
  TypeParam message;
  const auto* descriptor = TypeParam::descriptor();
  for (const rpc::FieldLimit& limit : LimitsOf(message).fields) {
    const auto* field =
        descriptor->FindFieldByNumber(static_cast<int>(limit.number));
    for (size_t i = 0; i < limit.most; ++i) {
      const auto* reflection = message.GetReflection();
      if (limit.form == rpc::WireForm::kMessage) {
        if (field->is_repeated())
          reflection->AddMessage(&message, field);
        else
          reflection->MutableMessage(&message, field);
      } else if (limit.form == rpc::WireForm::kBytes) {
        if (field->is_repeated())
          reflection->AddString(&message, field, "x");
        else
          reflection->SetString(&message, field, "x");
      }
    }
  }
  const auto violation = Check<TypeParam>(message.SerializeAsString());
  EXPECT_FALSE(violation) << violation->field << violation->description;
}

// The stated bound: three times the bytes, and 2 MiB.
template <typename Request>
void ExpectCheap(const std::string& bytes) {
  ASSERT_FALSE(Check<Request>(bytes));
  Request message;
  ASSERT_TRUE(message.ParseFromString(bytes));
  EXPECT_LE(message.SpaceUsedLong(), 3 * bytes.size() + (size_t{2} << 20));
}

TEST(RequestLimits, BoundTheMemoryOfAParsedRequest) {
  v1::VerifyRequest smallest;
  for (size_t i = 0; i < kMaxAudiences; ++i) smallest.add_audiences("");
  for (size_t i = 0; i < kMaxScopes; ++i) smallest.add_scopes("");
  ExpectCheap<v1::VerifyRequest>(smallest.SerializeAsString());

  v1::BatchVerifyRequest batch;
  for (int i = 0; i < kMaxBatch; ++i) *batch.add_requests() = smallest;
  // Unknown fields are kept, each with an object of its own.
  std::string bytes = batch.SerializeAsString();
  for (size_t i = 0; i < rpc::kMaxUnknownFields; ++i) bytes += "\x7a\x01x";
  ExpectCheap<v1::BatchVerifyRequest>(bytes);

  v1::RefreshKeysRequest names;
  for (size_t i = 0; i < kMaxIssuerNames; ++i) names.add_issuer_names("");
  ExpectCheap<v1::RefreshKeysRequest>(names.SerializeAsString());

  ExpectCheap<v1::VerifyRequest>("\x0a\x80\x80\xc0\x02" +
                                 std::string(5 << 20, 'x'));
}

TEST(RequestLimits, RefuseMillionsOfEmptyElements) {
  std::string requests, audiences;
  for (int i = 0; i < 1 << 20; ++i) requests += std::string("\x0a\0", 2);
  for (int i = 0; i < 1 << 20; ++i) audiences += std::string("\x12\0", 2);
  EXPECT_EQ(Check<v1::BatchVerifyRequest>(requests)->field, "requests");
  EXPECT_EQ(Check<v1::VerifyRequest>(audiences)->field, "audiences");
  EXPECT_EQ(Check<v1::IntrospectRequest>(audiences)->field, "audiences");
  EXPECT_EQ(Check<v1::RefreshKeysRequest>(requests)->field, "issuer_names");
  EXPECT_EQ(Check<v1::ListIssuersRequest>(requests)->field, "");
  const auto explain =
      Check<v1::ExplainRequest>("\x0a\x80\x80\x80\x01" + audiences);
  EXPECT_EQ(explain->field, "request.audiences");
}

}  // namespace
}  // namespace usher::server
