#include "usher/client.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/clock.h"
#include "client/core/channel.h"
#include "client/core/circuit_breaker.h"
#include "client/core/tls_files.h"
#include "client/core/transport.h"
#include "client/core/wait_for.h"
#include "client/core/wire.h"
#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "usher/v1/token_service.grpc.pb.h"

namespace usher {
namespace {

using Stub = v1::TokenService::Stub;

Undecided WaitingInCallback() {
  return {.cause = Undecided::Cause::kBadRequest,
          .message =
              "a callback must not wait for another result: it runs on the "
              "thread that would bring it"};
}

// The metadata of each attempt.
struct TraceMetadata {
  explicit TraceMetadata(const TraceHeaders& trace)
      : traceparent(client::ValidTraceparent(trace.traceparent)),
        request_id(client::ValidRequestId(trace.request_id)) {}

  void AddTo(grpc::ClientContext& context) const {
    if (!traceparent.empty()) context.AddMetadata("traceparent", traceparent);
    if (!request_id.empty()) context.AddMetadata("x-request-id", request_id);
  }

  const std::string traceparent, request_id;
};

absl::Time DeadlineOf(const std::optional<absl::Time>& deadline) {
  return deadline.value_or(absl::InfiniteFuture());
}

// A batch, without the tokens that are denied without asking usherd.
struct Batch {
  v1::BatchVerifyRequest request;
  std::vector<std::optional<VerifyResult>> results;  // empty: in `request`
  absl::Time deadline = absl::InfiniteFuture();
};

Batch Prepare(std::span<const VerifyRequest> requests) {
  Batch batch;
  for (const VerifyRequest& request : requests) {
    batch.deadline = std::min(batch.deadline, DeadlineOf(request.deadline));
    if (auto denial = client::PrecheckToken(request.token)) {
      batch.results.emplace_back(*std::move(denial));
      continue;
    }
    *batch.request.add_requests() = client::ToWire(request);
    batch.results.emplace_back();
  }
  return batch;
}

// Fills the gaps of `known` with the results of `response`, or all of them with
// `failure`.
std::vector<VerifyResult> Complete(
    std::vector<std::optional<VerifyResult>> known,
    std::optional<Undecided> failure, v1::BatchVerifyResponse response) {
  const auto gaps = std::count(known.begin(), known.end(), std::nullopt);
  if (!failure && response.results_size() != gaps) {
    failure = Undecided{.cause = Undecided::Cause::kBadAnswer,
                        .message =
                            "usherd's answer to a batch does not have one "
                            "result per request"};
  }
  std::vector<VerifyResult> results;
  int next = 0;
  for (std::optional<VerifyResult>& result : known) {
    if (result) {
      results.push_back(*std::move(result));
    } else if (failure) {
      results.push_back(*failure);
    } else {
      results.push_back(
          client::FromWire(std::move(*response.mutable_results(next++))));
    }
  }
  return results;
}

}  // namespace

struct Client::Impl {
  explicit Impl(std::unique_ptr<client::Transport> opened)
      : deadline_limit(opened->deadline()), transport(std::move(opened)) {
    UseChannel(transport->channel());
  }

  // The requests in flight keep the stub, and so the channel, they began with.
  void UseChannel(const std::shared_ptr<grpc::Channel>& channel) {
    std::shared_ptr<Stub> stub = v1::TokenService::NewStub(channel);
    base::MutexLock lock(mutex);
    current_stub.swap(stub);
  }
  std::shared_ptr<Stub> stub() {
    base::MutexLock lock(mutex);
    return current_stub;
  }

  // Connects anew when the files of `options` change.
  void WatchFiles(const ClientOptions& options, const TlsOptions& loaded) {
    poller = std::make_unique<client::TlsFilePoller>(client::TlsFileWatch(
        *options.tls, loaded, [this, options](const TlsOptions& changed) {
          ClientOptions anew = options;
          anew.tls = changed;
          const auto channel =
              client::OpenChannel(anew, client::Health::kRespected);
          // The options were valid, and changed content has been checked.
          if (channel.ok()) UseChannel(*channel);
        }));
  }

  // Sends `request` unless the breaker is open. `done` runs exactly once, with
  // the reason why there is no response or with the response.
  template <typename Request, typename Response, typename Prepare>
  void Send(Request request, Prepare prepare,
            const std::optional<absl::Time>& deadline,
            absl::AnyInvocable<void(std::optional<Undecided>, Response)> done) {
    const absl::Time now = absl::Now();
    if (!breaker.Allow(now)) {
      return done(Undecided{.cause = Undecided::Cause::kUnreachable,
                            .message = "usherd did not answer the last "
                                       "requests"},
                  Response());
    }
    // A request that allowed little time says nothing about usherd.
    const bool hurried = deadline && *deadline < now + deadline_limit / 2;
    transport->Call<Request, Response>(
        std::move(request), std::move(prepare), DeadlineOf(deadline),
        [this, now, hurried, done = std::move(done)](
            const grpc::Status& status, Response response) mutable {
          std::optional<Undecided> failure;
          if (!status.ok()) failure = client::UndecidedFrom(status);
          RecordOutcome(failure, now, hurried);
          done(std::move(failure), std::move(response));
        });
  }

  void RecordOutcome(const std::optional<Undecided>& failure, absl::Time sent,
                     bool hurried) {
    using enum Undecided::Cause;
    const bool timed_out = failure && failure->cause == kDeadline;
    const bool unreachable = failure && failure->cause == kUnreachable;
    if (!timed_out && !unreachable) return breaker.OnAnswer(absl::Now());
    if (timed_out && hurried) return;
    breaker.OnSilence(sent, absl::Now());
  }

  const absl::Duration deadline_limit;
  client::CircuitBreaker breaker;
  base::Mutex mutex;
  std::shared_ptr<Stub> current_stub ABSL_GUARDED_BY(mutex);
  const std::unique_ptr<client::Transport> transport;
  // Last: its thread uses what is above. Null without files.
  std::unique_ptr<client::TlsFilePoller> poller;
};

absl::StatusOr<std::unique_ptr<Client>> Client::Create(ClientOptions options) {
  ClientOptions loaded = options;
  if (options.tls) {
    USHER_TRY(loaded.tls, client::LoadTlsFiles(*options.tls));
  }
  USHER_TRY(auto transport,
            client::Transport::Open(loaded, client::Health::kRespected));
  auto impl = std::make_unique<Impl>(std::move(transport));
  if (options.tls && client::NamesFiles(*options.tls)) {
    impl->WatchFiles(options, *loaded.tls);
  }
  return std::unique_ptr<Client>(new Client(std::move(impl)));
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

void Client::Verify(const VerifyRequest& request, VerifyCallback done) {
  if (auto denial = client::PrecheckToken(request.token)) {
    return done(*std::move(denial));
  }
  impl_->Send<v1::VerifyRequest, v1::VerifyResponse>(
      client::ToWire(request),
      [stub = impl_->stub(), trace = TraceMetadata(request.trace)](
          grpc::ClientContext* context, const v1::VerifyRequest& wire,
          grpc::CompletionQueue* queue) {
        trace.AddTo(*context);
        return stub->PrepareAsyncVerify(context, wire, queue);
      },
      request.deadline,
      [done = std::move(done)](std::optional<Undecided> failure,
                               v1::VerifyResponse response) mutable {
        done(failure ? VerifyResult(*std::move(failure))
                     : client::FromWire(std::move(response)));
      });
}

void Client::Introspect(const IntrospectRequest& request,
                        IntrospectCallback done) {
  if (client::PrecheckToken(request.token)) return done(InactiveToken{});
  impl_->Send<v1::IntrospectRequest, v1::IntrospectResponse>(
      client::ToWire(request),
      std::bind_front(&Stub::PrepareAsyncIntrospect, impl_->stub()),
      request.deadline,
      [done = std::move(done)](std::optional<Undecided> failure,
                               v1::IntrospectResponse response) mutable {
        done(failure ? Introspection(*std::move(failure))
                     : client::FromWire(std::move(response)));
      });
}

void Client::BatchVerify(std::span<const VerifyRequest> requests,
                         BatchCallback done) {
  Batch batch = Prepare(requests);
  if (batch.request.requests().empty()) {
    return done(Complete(std::move(batch.results), std::nullopt, {}));
  }
  impl_->Send<v1::BatchVerifyRequest, v1::BatchVerifyResponse>(
      std::move(batch.request),
      std::bind_front(&Stub::PrepareAsyncBatchVerify, impl_->stub()),
      batch.deadline,
      [known = std::move(batch.results), done = std::move(done)](
          std::optional<Undecided> failure,
          v1::BatchVerifyResponse response) mutable {
        done(Complete(std::move(known), std::move(failure),
                      std::move(response)));
      });
}

VerifyResult Client::Verify(const VerifyRequest& request) {
  if (impl_->transport->OnOwnThread()) return WaitingInCallback();
  return client::WaitFor<VerifyResult>(
      [&](auto done) { Verify(request, std::move(done)); });
}

Introspection Client::Introspect(const IntrospectRequest& request) {
  if (impl_->transport->OnOwnThread()) return WaitingInCallback();
  return client::WaitFor<Introspection>(
      [&](auto done) { Introspect(request, std::move(done)); });
}

std::vector<VerifyResult> Client::BatchVerify(
    std::span<const VerifyRequest> requests) {
  if (impl_->transport->OnOwnThread()) {
    return std::vector<VerifyResult>(requests.size(), WaitingInCallback());
  }
  return client::WaitFor<std::vector<VerifyResult>>(
      [&](auto done) { BatchVerify(requests, std::move(done)); });
}

}  // namespace usher
