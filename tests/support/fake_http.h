// An http::Client that a test scripts, and that counts the requests.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/http/client.h"

namespace usher::testing {

// Thread-safe. Fetch() only queues; Deliver() answers what is queued, so the
// test decides what is in flight. An address without a script is unreachable.
class FakeHttp final : public http::Client {
 public:
  using Script =
      std::function<absl::StatusOr<http::Response>(const http::Request&)>;

  // Answers `url` with `script` from now on.
  void On(const std::string& url, Script script) {
    const base::MutexLock lock(mutex_);
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
    const base::MutexLock lock(mutex_);
    ++count_[request.url];
    waiting_.emplace_back(std::move(request), std::move(done));
  }

  // Answers all queued requests, and those that the answers cause.
  void Deliver() {
    while (true) {
      std::pair<http::Request, Done> next;
      Script script;
      {
        const base::MutexLock lock(mutex_);
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
    const base::MutexLock lock(mutex_);
    auto found = count_.find(url);
    return found == count_.end() ? 0 : found->second;
  }
  size_t waiting() const {
    const base::MutexLock lock(mutex_);
    return waiting_.size();
  }

 private:
  mutable base::Mutex mutex_;
  std::map<std::string, Script> scripts_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int> count_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::pair<http::Request, Done>> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::testing
