#include "lib/httpd/message.h"

namespace usher::httpd {
namespace {

std::optional<std::string_view> Find(
    const std::vector<std::pair<std::string, std::string>>& pairs,
    std::string_view name) {
  for (const auto& [key, value] : pairs) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> Request::Query(std::string_view name) const {
  return Find(query, name);
}

std::optional<std::string_view> Request::Header(std::string_view name) const {
  return Find(headers, name);
}

AsyncHandler MakeAsync(Handler handler) {
  return [handler = std::move(handler)](Request request, Respond respond) {
    respond(handler(request));
  };
}

}  // namespace usher::httpd
