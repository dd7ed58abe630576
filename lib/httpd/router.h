// Finds the handler of a request by its method and path.
#pragma once

#include <map>
#include <string>

#include "lib/httpd/message.h"

namespace usher::httpd {

// A table of routes, itself a handler: 404 for a path that has no route, 405
// with an Allow header for a method that the path does not have. A GET route
// also answers HEAD (the server omits the body). Paths match exactly.
// Copyable; thread-safe once all routes are added.
class Router {
 public:
  // `not_found`: the text of a 404.
  explicit Router(std::string not_found) : not_found_(std::move(not_found)) {}

  // A second route for the same method and path replaces the first.
  Router& Add(std::string method, std::string path, AsyncHandler handler);
  Router& Add(std::string method, std::string path, Handler handler);

  void operator()(Request request, Respond respond) const;

 private:
  using Methods = std::map<std::string, AsyncHandler, std::less<>>;

  std::string not_found_;
  std::map<std::string, Methods, std::less<>> paths_;
};

}  // namespace usher::httpd
