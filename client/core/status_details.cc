#include "client/core/status_details.h"

#include <algorithm>

#include "client/core/wire_time.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "lib/base/strings.h"

namespace usher::client {
namespace {

void Take(const google::rpc::ErrorInfo& info, StatusDetails& details) {
  if (info.domain() != kErrorDomain) return;
  details.from_usherd = true;
  details.reason = ReasonNamed(info.reason());
}

void Take(const google::rpc::RetryInfo& info, StatusDetails& details) {
  details.retry_after =
      std::max(absl::ZeroDuration(), FromWire(info.retry_delay()));
}

void Take(const google::rpc::BadRequest& request, StatusDetails& details) {
  for (const auto& violation : request.field_violations()) {
    if (!details.faults.empty()) details.faults += "; ";
    details.faults +=
        base::StrCat(violation.field(), ": ", violation.description());
  }
}

template <typename Message>
void TakeIf(const google::protobuf::Any& any, StatusDetails& details) {
  Message message;
  if (any.Is<Message>() && any.UnpackTo(&message)) Take(message, details);
}

}  // namespace

StatusDetails DetailsOf(const grpc::Status& status) {
  StatusDetails details;
  google::rpc::Status packed;
  if (status.error_details().empty() ||
      !packed.ParseFromString(status.error_details())) {
    return details;
  }
  for (const google::protobuf::Any& any : packed.details()) {
    TakeIf<google::rpc::ErrorInfo>(any, details);
    TakeIf<google::rpc::RetryInfo>(any, details);
    TakeIf<google::rpc::BadRequest>(any, details);
  }
  return details;
}

}  // namespace usher::client
