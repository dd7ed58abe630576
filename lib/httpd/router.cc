#include "lib/httpd/router.h"

#include <utility>

#include "lib/base/text/strings.h"

namespace usher::httpd {
namespace {

// "GET, HEAD, POST".
template <typename Methods>
std::string Allowed(const Methods& methods) {
  std::string allowed;
  for (const auto& [method, handler] : methods) {
    if (!allowed.empty()) allowed += ", ";
    allowed += method;
    if (method == "GET") allowed += ", HEAD";
  }
  return allowed;
}

}  // namespace

Router& Router::Add(std::string method, std::string path,
                    AsyncHandler handler) {
  paths_[std::move(path)][std::move(method)] = std::move(handler);
  return *this;
}

Router& Router::Add(std::string method, std::string path, Handler handler) {
  return Add(std::move(method), std::move(path), MakeAsync(std::move(handler)));
}

void Router::operator()(Request request, Respond respond) const {
  const auto path = paths_.find(request.path);
  if (path == paths_.end()) {
    return respond({.status = 404, .body = not_found_});
  }
  const Methods& methods = path->second;
  const auto handler =
      methods.find(request.method == "HEAD" ? "GET" : request.method);
  if (handler == methods.end()) {
    std::string allowed = Allowed(methods);
    return respond({.status = 405,
                    .body = base::StrCat("only ", allowed, "\n"),
                    .headers = {{"Allow", std::move(allowed)}}});
  }
  handler->second(std::move(request), std::move(respond));
}

}  // namespace usher::httpd
