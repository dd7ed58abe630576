#include "lib/httpd/microhttpd_messages.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "lib/httpd/listen_socket.h"

namespace usher::httpd {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

MHD_Result AppendHeader(void* pairs, MHD_ValueKind, const char* name,
                        const char* value) {
  static_cast<Pairs*>(pairs)->emplace_back(absl::AsciiStrToLower(name),
                                           value == nullptr ? "" : value);
  return MHD_YES;
}

MHD_Result AppendParameter(void* pairs, MHD_ValueKind, const char* name,
                           const char* value) {
  static_cast<Pairs*>(pairs)->emplace_back(name, value == nullptr ? "" : value);
  return MHD_YES;
}

}  // namespace

Request RequestOf(MHD_Connection* connection, const char* path,
                  const char* method) {
  Request request;
  request.method = method;
  request.path = path;
  MHD_get_connection_values(connection, MHD_HEADER_KIND, &AppendHeader,
                            &request.headers);
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &AppendParameter,
                            &request.query);
  if (const auto* info = MHD_get_connection_info(
          connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)) {
    request.peer = FormatAddress(info->client_addr);
  }
  return request;
}

MHD_Result Send(MHD_Connection* connection, const Response& response) {
  MHD_Response* out = MHD_create_response_from_buffer(
      response.body.size(), const_cast<char*>(response.body.data()),
      MHD_RESPMEM_MUST_COPY);
  if (out == nullptr) return MHD_NO;
  if (!response.content_type.empty()) {
    MHD_add_response_header(out, MHD_HTTP_HEADER_CONTENT_TYPE,
                            response.content_type.c_str());
  }
  MHD_add_response_header(out, "X-Content-Type-Options", "nosniff");
  bool has_cache_control = false;
  for (const auto& [name, value] : response.headers) {
    MHD_add_response_header(out, name.c_str(), value.c_str());
    has_cache_control |= absl::AsciiStrToLower(name) == "cache-control";
  }
  if (!has_cache_control) {
    MHD_add_response_header(out, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  }
  const MHD_Result queued = MHD_queue_response(
      connection, static_cast<unsigned>(response.status), out);
  MHD_destroy_response(out);
  return queued;
}

}  // namespace usher::httpd
