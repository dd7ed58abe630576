#include "client/cli/remote/server_methods.h"

#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/client_context.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>

#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "lib/base/file.h"
#include "lib/base/text/strings.h"

namespace usher::cli {
namespace {

namespace v1alpha = ::grpc::reflection::v1alpha;
using Stream = grpc::ClientReaderWriter<v1alpha::ServerReflectionRequest,
                                        v1alpha::ServerReflectionResponse>;

absl::Status InvalidDescriptors(const std::string& path,
                                std::string_view what) {
  return absl::InvalidArgumentError(base::Absl(
      base::StrCat("--descriptors: ", base::PathForMessage(path), ": ", what)));
}

// Adds the methods of the services in `file` that `wanted` names; empty: of
// all.
void Add(const google::protobuf::FileDescriptorProto& file,
         std::string_view wanted, Methods& methods) {
  const std::string package =
      file.package().empty() ? "" : file.package() + ".";
  for (const auto& service : file.service()) {
    const std::string name = package + service.name();
    if (!wanted.empty() && wanted != name) continue;
    for (const auto& method : service.method()) {
      methods.insert(base::StrCat(name, "/", method.name()));
    }
  }
}

// One request and its response. False: the stream ended.
bool Ask(Stream& stream, const v1alpha::ServerReflectionRequest& request,
         v1alpha::ServerReflectionResponse& response) {
  return stream.Write(request) && stream.Read(&response);
}

// Absent: the stream ended; its status says why.
std::optional<grpc::Status> AskForAll(Stream& stream, Methods& methods) {
  v1alpha::ServerReflectionRequest request;
  v1alpha::ServerReflectionResponse services, file;
  request.set_list_services("*");
  if (!Ask(stream, request, services)) return std::nullopt;
  for (const auto& service : services.list_services_response().service()) {
    request.set_file_containing_symbol(service.name());
    if (!Ask(stream, request, file)) return std::nullopt;
    const size_t before = methods.size();
    for (const std::string& bytes :
         file.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto parsed;
      if (parsed.ParseFromString(bytes)) Add(parsed, service.name(), methods);
    }
    // Leaving it out would look as if all were well with it.
    if (file.has_error_response() || methods.size() == before) {
      return grpc::Status(
          grpc::StatusCode::NOT_FOUND,
          base::StrCat("the server does not describe ", service.name()));
    }
  }
  return grpc::Status::OK;
}

}  // namespace

absl::Status AddFromDescriptors(const std::string& path, Methods& methods) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return InvalidDescriptors(path, std::strerror(errno));
  google::protobuf::FileDescriptorSet set;
  if (!set.ParseFromIstream(&in) || set.file_size() == 0) {
    return InvalidDescriptors(path,
                              "is not what protoc --descriptor_set_out writes");
  }
  for (const auto& file : set.file()) Add(file, "", methods);
  return absl::OkStatus();
}

grpc::Status AddFromReflection(const std::shared_ptr<grpc::Channel>& channel,
                               const std::string& authorization,
                               absl::Time deadline, Methods& methods) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(deadline));
  if (!authorization.empty()) {
    context.AddMetadata("authorization", authorization);
  }
  const auto stub = v1alpha::ServerReflection::NewStub(channel);
  const auto stream = stub->ServerReflectionInfo(&context);
  const std::optional<grpc::Status> end = AskForAll(*stream, methods);
  stream->WritesDone();
  if (end && !end->ok()) context.TryCancel();
  const grpc::Status status = stream->Finish();
  return end && !end->ok() ? *end : status;
}

}  // namespace usher::cli
