// Which methods a server has.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/support/status.h"

namespace usher::cli {

// "shop.v1.Orders/Delete", in order.
using Methods = std::set<std::string, std::less<>>;

// Adds those of every service in a google.protobuf.FileDescriptorSet, which is
// what `protoc --descriptor_set_out` writes. INVALID_ARGUMENT: `path` holds
// none.
absl::Status AddFromDescriptors(const std::string& path, Methods& methods);

// Adds those that the server's reflection (v1alpha) tells of. `authorization`
// is sent where it is not empty. Blocks until `deadline` at most.
grpc::Status AddFromReflection(const std::shared_ptr<grpc::Channel>& channel,
                               const std::string& authorization,
                               absl::Time deadline, Methods& methods);

}  // namespace usher::cli
