#include "tests/support/http_issuer.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "lib/base/strings.h"

namespace usher::testing {
namespace {

using base::StrCat;

constexpr unsigned kMaxConnections = 4096;

void CheckOk(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "HttpIssuer: %s\n", status.ToString().c_str());
  std::abort();
}

}  // namespace

HttpIssuer::HttpIssuer(Unstarted, Options options)
    : options_(std::move(options)),
      certificate_(ca_.Issue(options_.certificate)) {}

HttpIssuer::HttpIssuer(const base::Clock& clock, Options options)
    : HttpIssuer(Unstarted(), std::move(options)) {
  CheckOk(Begin(clock));
}

absl::StatusOr<std::unique_ptr<HttpIssuer>> HttpIssuer::Start(
    const base::Clock& clock, Options options) {
  std::unique_ptr<HttpIssuer> made(
      new HttpIssuer(Unstarted(), std::move(options)));
  if (absl::Status begun = made->Begin(clock); !begun.ok()) return begun;
  return made;
}

// The issuer's name holds the port, so it is made after the server; who asks
// meanwhile waits for the lock.
absl::Status HttpIssuer::Begin(const base::Clock& clock) {
  std::lock_guard lock(mutex_);
  if (absl::Status opened = Open(options_.listen); !opened.ok()) return opened;
  issuer_ = std::make_unique<TestIssuer>(
      clock, TestIssuer::Options{url_, options_.audience, options_.algs,
                                 options_.kid});
  return absl::OkStatus();
}

absl::Status HttpIssuer::Open(const std::string& listen) {
  httpd::Server::Options options;
  options.listen = listen;
  options.tls.emplace(
      httpd::Tls{certificate_.chain, Secret(certificate_.private_key)});
  options.max_connections = kMaxConnections;
  auto server = httpd::Server::Start(
      std::move(options),
      [this](const httpd::Request& request) { return Answer(request); });
  if (!server.ok()) return server.status();
  port_ = (*server)->port();
  url_ = StrCat("https://", (*server)->address());
  server_ = *std::move(server);
  return absl::OkStatus();
}

void HttpIssuer::SetFault(const std::string& path, Fault fault) {
  std::lock_guard lock(mutex_);
  faults_[path] = std::move(fault);
}

void HttpIssuer::ClearFault(const std::string& path) {
  std::lock_guard lock(mutex_);
  faults_.erase(path);
}

void HttpIssuer::ClearFaults() {
  std::lock_guard lock(mutex_);
  faults_.clear();
}

void HttpIssuer::GoDown() { server_.reset(); }

void HttpIssuer::ComeUp() { CheckOk(Open(StrCat("127.0.0.1:", port_))); }

int HttpIssuer::requests(const std::string& path) const {
  std::lock_guard lock(mutex_);
  auto found = requests_.find(path);
  return found == requests_.end() ? 0 : found->second;
}

std::map<std::string, int> HttpIssuer::requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

size_t HttpIssuer::connections() const {
  std::lock_guard lock(mutex_);
  return peers_.size();
}

httpd::Response HttpIssuer::Answer(const httpd::Request& request) {
  std::optional<Fault> fault;
  {
    std::lock_guard lock(mutex_);
    ++requests_[request.path];
    ++peers_[request.peer];
    auto found = faults_.find(request.path);
    if (found != faults_.end()) fault = found->second;
  }
  if (!fault) return Right(request);
  httpd::Response response = Right(request);
  if (fault->redirect) {
    response.status = 302;
    response.headers.emplace_back("Location", *fault->redirect);
  }
  if (fault->status) response.status = *fault->status;
  if (fault->body) response.body = *std::move(fault->body);
  response.delay = fault->delay;
  return response;
}

httpd::Response HttpIssuer::Right(const httpd::Request& request) {
  const auto document = [this](std::string body) -> httpd::Response {
    return {.content_type = "application/json",
            .body = std::move(body),
            .headers = {{"Cache-Control", options_.cache_control}}};
  };
  if (request.path == kDiscoveryPath) return document(issuer_->Discovery());
  if (request.path == kJwksPath) return document(issuer_->Jwks());
  if (options_.other) return options_.other(*this, request);
  return {.status = 404, .body = "not found\n"};
}

}  // namespace usher::testing
