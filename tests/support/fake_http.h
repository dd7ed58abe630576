// An http::Client that a test scripts, and that counts what it is asked.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "lib/http/client.h"

namespace usher::testing {

// Thread-safe. Fetch() only queues: Deliver() answers what is queued, so a test
// decides what is still under way. An address without a script is unreachable.
class FakeHttp final : public http::Client {
 public:
  using Script =
      std::function<absl::StatusOr<http::Response>(const http::Request&)>;

  // Answers `url` with `script` from now on.
  void On(const std::string& url, Script script) {
    std::lock_guard lock(mutex_);
    scripts_[url] = std::move(script);
  }
  void Answer(const std::string& url, std::string body, int status = 200,
              std::vector<std::pair<std::string, std::string>> headers = {}) {
    On(url, [body = std::move(body), status,
             headers = std::move(headers)](const http::Request&) {
      http::Response response;
      response.status = status;
      response.headers = headers;
      response.body = body;
      return response;
    });
  }
  void Fail(const std::string& url, absl::Status status) {
    On(url, [status](const http::Request&) { return status; });
  }

  void Fetch(http::Request request, Done done) override {
    std::lock_guard lock(mutex_);
    ++count_[request.url];
    waiting_.emplace_back(std::move(request), std::move(done));
  }

  // Answers everything queued, and what the answers ask for in turn.
  void Deliver() {
    while (true) {
      std::pair<http::Request, Done> next;
      Script script;
      {
        std::lock_guard lock(mutex_);
        if (waiting_.empty()) return;
        next = std::move(waiting_.front());
        waiting_.pop_front();
        auto found = scripts_.find(next.first.url);
        if (found != scripts_.end()) script = found->second;
      }
      next.second(script ? script(next.first)
                         : absl::UnavailableError("connection refused"));
    }
  }

  // How often `url` was asked for.
  int count(const std::string& url) const {
    std::lock_guard lock(mutex_);
    auto found = count_.find(url);
    return found == count_.end() ? 0 : found->second;
  }
  size_t waiting() const {
    std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Script> scripts_;
  std::map<std::string, int> count_;
  std::deque<std::pair<http::Request, Done>> waiting_;
};

}  // namespace usher::testing
