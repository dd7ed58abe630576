#include "server/rpc/raw_messages.h"

#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace usher::server {

FieldViolations ReadMessage(const grpc::ByteBuffer& bytes,
                            const rpc::MessageLimits& limits,
                            google::protobuf::MessageLite& out) {
  grpc::Slice slice;
  // Nearly always in one piece, which is not copied.
  if (!bytes.TrySingleSlice(&slice).ok() && bytes.Length() > 0 &&
      !bytes.DumpToSingleSlice(&slice).ok()) {
    return {{"", "cannot be read"}};
  }
  const std::string_view text(reinterpret_cast<const char*>(slice.begin()),
                              slice.size());
  if (auto violation = rpc::CheckWire(text, limits)) {
    return {*std::move(violation)};
  }
  // Fields of a message that was not cut short can still fail: invalid UTF-8.
  if (!out.ParseFromArray(text.data(), static_cast<int>(text.size()))) {
    return {{"", "has a text that is not UTF-8"}};
  }
  // gRPC owns the buffer, made it as no constant, and looks at it no more.
  const_cast<grpc::ByteBuffer&>(bytes).Clear();
  return {};
}

grpc::Status WriteResponse(const google::protobuf::MessageLite& response,
                           grpc::ByteBuffer& out) {
  const size_t size = response.ByteSizeLong();
  if (size > std::numeric_limits<int>::max()) {
    return {grpc::StatusCode::INTERNAL, "the response is too large"};
  }
  grpc::Slice slice(size);
  response.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  out = grpc::ByteBuffer(&slice, 1);
  return grpc::Status::OK;
}

}  // namespace usher::server
