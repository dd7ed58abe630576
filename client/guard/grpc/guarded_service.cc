#include "usher/guarded_service.h"

#include "client/guard/grpc/caller_slot.h"
#include "client/guard/grpc/internals/method_wrapper.h"
#include "client/guard/grpc/internals/service_methods.h"
#include "lib/base/text/strings.h"

namespace usher {
namespace {

bool IsAdmitted(const grpc::ServerContextBase& context) {
  const guard::CallerSlot* slot = guard::CallerSlot::Find(context);
  return slot != nullptr && slot->admitted();
}

}  // namespace

GuardedService::GuardedService(grpc::Service& service) {
  for (const auto& method : guard::MethodsOf(service)) {
    if (method == nullptr) continue;  // left to a generic service
    if (const char* why_not = guard::WhyNotWrappable(*method)) {
      error_ = base::StrCat(method->name(), why_not);
      continue;
    }
    // The base class takes ownership.
    AddMethod(guard::WrapMethod(*method, IsAdmitted).release());
    wrapped_.insert(method->name());
  }
}

}  // namespace usher
