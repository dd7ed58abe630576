#include "lib/rpc/status_details.h"

#include <algorithm>

#include "lib/base/text/strings.h"
#include "lib/rpc/time.h"
#include "usher/internal/rpc/status_details.pb.h"

namespace usher::rpc {
namespace {

namespace wire = usher::internal::rpc;

constexpr std::string_view kErrorInfo = "google.rpc.ErrorInfo";
constexpr std::string_view kRetryInfo = "google.rpc.RetryInfo";
constexpr std::string_view kBadRequest = "google.rpc.BadRequest";

// Any::PackFrom() would write the names of the private messages.
void Pack(std::string_view type, const google::protobuf::Message& message,
          wire::Status& out) {
  google::protobuf::Any& any = *out.add_details();
  any.set_type_url(base::StrCat("type.googleapis.com/", type));
  any.set_value(message.SerializeAsString());
}

// Whatever is before the last slash does not matter (any.proto).
bool Is(const google::protobuf::Any& any, std::string_view type) {
  const std::string_view url = any.type_url();
  return url.size() > type.size() && url.ends_with(type) &&
         url[url.size() - type.size() - 1] == '/';
}

template <typename Message>
bool Unpack(const google::protobuf::Any& any, std::string_view type,
            Message& out) {
  return Is(any, type) && out.ParseFromString(any.value());
}

void ReadDetail(const google::protobuf::Any& any, StatusDetails& details) {
  if (wire::ErrorInfo info; Unpack(any, kErrorInfo, info)) {
    details.error_info = {
        .reason = info.reason(),
        .domain = info.domain(),
        .metadata = {info.metadata().begin(), info.metadata().end()}};
  }
  if (wire::RetryInfo retry; Unpack(any, kRetryInfo, retry)) {
    details.retry_delay =
        std::max(absl::ZeroDuration(), FromWire(retry.retry_delay()));
  }
  if (wire::BadRequest bad; Unpack(any, kBadRequest, bad)) {
    for (const auto& violation : bad.field_violations()) {
      details.field_violations.push_back(
          {violation.field(), violation.description()});
    }
  }
}

}  // namespace

grpc::Status WithDetails(grpc::StatusCode code, const std::string& message,
                         const StatusDetails& details) {
  wire::Status status;
  status.set_code(code);
  status.set_message(message);
  if (details.error_info) {
    wire::ErrorInfo info;
    info.set_reason(details.error_info->reason);
    info.set_domain(details.error_info->domain);
    for (const auto& [key, value] : details.error_info->metadata) {
      (*info.mutable_metadata())[key] = value;
    }
    Pack(kErrorInfo, info, status);
  }
  if (details.retry_delay) {
    wire::RetryInfo retry;
    ToWire(*details.retry_delay, *retry.mutable_retry_delay());
    Pack(kRetryInfo, retry, status);
  }
  if (!details.field_violations.empty()) {
    wire::BadRequest bad;
    for (const FieldViolation& violation : details.field_violations) {
      wire::BadRequest::FieldViolation& out = *bad.add_field_violations();
      out.set_field(violation.field);
      out.set_description(violation.description);
    }
    Pack(kBadRequest, bad, status);
  }
  return grpc::Status(code, message, status.SerializeAsString());
}

StatusDetails DetailsOf(const grpc::Status& status) {
  StatusDetails details;
  wire::Status packed;
  if (status.error_details().empty() ||
      !packed.ParseFromString(status.error_details())) {
    return details;
  }
  for (const google::protobuf::Any& any : packed.details()) {
    ReadDetail(any, details);
  }
  return details;
}

}  // namespace usher::rpc
