#include "tests/support/http_issuer.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "lib/base/text/strings.h"

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
  CheckOk(Init(clock));
}

absl::StatusOr<std::unique_ptr<HttpIssuer>> HttpIssuer::Start(
    const base::Clock& clock, Options options) {
  std::unique_ptr<HttpIssuer> issuer(
      new HttpIssuer(Unstarted(), std::move(options)));
  if (absl::Status status = issuer->Init(clock); !status.ok()) return status;
  return issuer;
}

// The issuer's URL holds the port, so the issuer is created after the server.
// Requests in the meantime wait for the lock.
absl::Status HttpIssuer::Init(const base::Clock& clock) {
  const base::MutexLock lock(mutex_);
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
      httpd::AsyncHandler(
          [this](const httpd::Request& request, httpd::Respond respond) {
            Handle(request, std::move(respond));
          }));
  if (!server.ok()) return server.status();
  port_ = (*server)->port();
  url_ = StrCat("https://", (*server)->address());
  server_ = *std::move(server);
  return absl::OkStatus();
}

void HttpIssuer::SetFault(const std::string& path, Fault fault) {
  const base::MutexLock lock(mutex_);
  faults_[path] = std::move(fault);
}

void HttpIssuer::ClearFault(const std::string& path) {
  const base::MutexLock lock(mutex_);
  faults_.erase(path);
}

void HttpIssuer::ClearFaults() {
  const base::MutexLock lock(mutex_);
  faults_.clear();
}

void HttpIssuer::GoDown() { server_.reset(); }

void HttpIssuer::ComeUp() { CheckOk(Open(StrCat("127.0.0.1:", port_))); }

int HttpIssuer::requests(const std::string& path) const {
  const base::MutexLock lock(mutex_);
  auto found = requests_.find(path);
  return found == requests_.end() ? 0 : found->second;
}

std::map<std::string, int> HttpIssuer::requests() const {
  const base::MutexLock lock(mutex_);
  return requests_;
}

size_t HttpIssuer::connections() const {
  const base::MutexLock lock(mutex_);
  return peers_.size();
}

void HttpIssuer::Handle(const httpd::Request& request, httpd::Respond respond) {
  std::optional<Fault> fault;
  {
    const base::MutexLock lock(mutex_);
    ++requests_[request.path];
    ++peers_[request.peer];
    auto found = faults_.find(request.path);
    if (found != faults_.end()) fault = found->second;
  }
  httpd::Response response = CorrectResponse(request);
  if (!fault) return respond(std::move(response));
  if (fault->redirect) {
    response.status = 302;
    response.headers.emplace_back("Location", *fault->redirect);
  }
  if (fault->status) response.status = *fault->status;
  if (fault->body) response.body = *std::move(fault->body);
  if (fault->content_type) response.content_type = *fault->content_type;
  if (fault->delay == absl::ZeroDuration()) {
    return respond(std::move(response));
  }
  delays_.At(system_clock_.Now() + fault->delay,
             [response = std::move(response),
              later = std::make_shared<httpd::Respond>(std::move(respond))] {
               (*later)(response);
             });
}

httpd::Response HttpIssuer::CorrectResponse(const httpd::Request& request) {
  const auto document = [this](std::string body) -> httpd::Response {
    return {.content_type = "application/json",
            .body = std::move(body),
            .headers = {{"Cache-Control", options_.cache_control}}};
  };
  if (request.path == kDiscoveryPath) return document(issuer_->Discovery());
  if (request.path == kJwksPath) return document(issuer_->Jwks());
  if (request.path == kIntrospectionPath) {
    return Introspect(*issuer_, options_.client, request);
  }
  if (options_.other) return options_.other(*this, request);
  return {.status = 404, .body = "not found\n"};
}

}  // namespace usher::testing
