#include "client/guard/grpc/internals/call_metadata.h"

#include <algorithm>

#include "client/guard/grpc/internals/slice_view.h"

namespace usher::guard {
namespace {

// Access to a private member, as in service_methods.cc.
using Member = grpc::internal::MetadataMap grpc::ServerContextBase::*;

template <Member kMember>
struct Access {
  friend Member ClientMetadata() { return kMember; }
};
Member ClientMetadata();
template struct Access<&grpc::ServerContextBase::client_metadata_>;

std::span<grpc_metadata> EntriesOf(grpc_metadata_array& array) {
  return {array.metadata, array.count};
}

}  // namespace

CallMetadata::CallMetadata(grpc::ServerContextBase& context)
    : array_(*(context.*ClientMetadata()).arr()) {}

size_t CallMetadata::Find(std::string_view key,
                          std::span<std::string_view> values) const {
  size_t found = 0;
  for (const grpc_metadata& entry : EntriesOf(array_)) {
    if (found == values.size()) break;
    if (View(entry.key) == key) values[found++] = View(entry.value);
  }
  return found;
}

void CallMetadata::RemoveTokens(std::string_view header) {
  // The array does not own the slices: the call does. So nothing is freed here.
  const auto entries = EntriesOf(array_);
  const auto end = std::remove_if(
      entries.begin(), entries.end(), [header](const grpc_metadata& entry) {
        const std::string_view key = View(entry.key);
        return key == "authorization" || key == "authorization-bin" ||
               key == header;
      });
  array_.count = static_cast<size_t>(end - entries.begin());
}

}  // namespace usher::guard
