#include "usher/client.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "client/core/transport.h"
#include "client/core/wait_for.h"
#include "client/core/wire.h"
#include "lib/base/result.h"
#include "usher/v1/token_service.grpc.pb.h"

namespace usher {
namespace {

using Stub = v1::TokenService::Stub;

Undecided WaitingInCallback() {
  return {.cause = Undecided::Cause::kBadQuestion,
          .message =
              "a callback must not wait for another answer: it runs on "
              "the thread that would bring it"};
}

// What the context of each attempt is given.
struct TraceMetadata {
  explicit TraceMetadata(const TraceHeaders& trace)
      : traceparent(client::FitTraceparent(trace.traceparent)),
        request_id(client::FitRequestId(trace.request_id)) {}

  void AddTo(grpc::ClientContext& context) const {
    if (!traceparent.empty()) context.AddMetadata("traceparent", traceparent);
    if (!request_id.empty()) context.AddMetadata("x-request-id", request_id);
  }

  const std::string traceparent, request_id;
};

absl::Time DeadlineOf(const std::optional<absl::Time>& deadline) {
  return deadline.value_or(absl::InfiniteFuture());
}

// What is to be asked of a batch, and what is known already.
struct Batch {
  v1::BatchVerifyRequest request;
  std::vector<std::optional<Answer>> answers;  // nothing: asked
  absl::Time deadline = absl::InfiniteFuture();
};

Batch Prepare(std::span<const VerifyQuestion> questions) {
  Batch batch;
  for (const VerifyQuestion& question : questions) {
    batch.deadline = std::min(batch.deadline, DeadlineOf(question.deadline));
    if (auto denied = client::DeniedUnasked(question.token)) {
      batch.answers.emplace_back(*std::move(denied));
      continue;
    }
    *batch.request.add_requests() = client::ToWire(question);
    batch.answers.emplace_back();
  }
  return batch;
}

// Fills the gaps of `known` with `results`, or all of them with a failure.
std::vector<Answer> Complete(std::vector<std::optional<Answer>> known,
                             const grpc::Status& status,
                             v1::BatchVerifyResponse response) {
  const auto gaps = std::count(known.begin(), known.end(), std::nullopt);
  std::optional<Undecided> failure;
  if (!status.ok()) {
    failure = client::UndecidedFrom(status);
  } else if (response.results_size() != gaps) {
    failure = Undecided{.cause = Undecided::Cause::kBadAnswer,
                        .message =
                            "usherd's answer to a batch has another "
                            "number of results than questions"};
  }
  std::vector<Answer> answers;
  int next = 0;
  for (std::optional<Answer>& answer : known) {
    if (answer) {
      answers.push_back(*std::move(answer));
    } else if (failure) {
      answers.push_back(*failure);
    } else {
      answers.push_back(
          client::FromWire(std::move(*response.mutable_results(next++))));
    }
  }
  return answers;
}

}  // namespace

struct Client::Parts {
  // Before the transport, which uses it until it is gone.
  std::unique_ptr<Stub> stub;
  std::unique_ptr<client::Transport> transport;
};

absl::StatusOr<std::unique_ptr<Client>> Client::Create(ClientOptions options) {
  USHER_TRY(auto transport,
            client::Transport::Open(options, client::Health::kRespected));
  auto parts = std::make_unique<Parts>();
  parts->stub = v1::TokenService::NewStub(transport->channel());
  parts->transport = std::move(transport);
  return std::unique_ptr<Client>(new Client(std::move(parts)));
}

Client::Client(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Client::~Client() = default;

void Client::Verify(const VerifyQuestion& question,
                    std::function<void(Answer)> done) {
  if (auto denied = client::DeniedUnasked(question.token)) {
    return done(*std::move(denied));
  }
  parts_->transport->Call<v1::VerifyRequest, v1::VerifyResponse>(
      client::ToWire(question),
      [stub = parts_->stub.get(), trace = TraceMetadata(question.trace)](
          grpc::ClientContext* context, const v1::VerifyRequest& request,
          grpc::CompletionQueue* queue) {
        trace.AddTo(*context);
        return stub->PrepareAsyncVerify(context, request, queue);
      },
      DeadlineOf(question.deadline),
      [done = std::move(done)](const grpc::Status& status,
                               v1::VerifyResponse response) {
        done(status.ok() ? client::FromWire(std::move(response))
                         : client::UndecidedFrom(status));
      });
}

void Client::Introspect(const IntrospectQuestion& question,
                        std::function<void(Introspection)> done) {
  if (client::DeniedUnasked(question.token)) return done(InactiveToken{});
  parts_->transport->Call<v1::IntrospectRequest, v1::IntrospectResponse>(
      client::ToWire(question),
      std::bind_front(&Stub::PrepareAsyncIntrospect, parts_->stub.get()),
      DeadlineOf(question.deadline),
      [done = std::move(done)](const grpc::Status& status,
                               v1::IntrospectResponse response) {
        done(status.ok() ? client::FromWire(std::move(response))
                         : client::UndecidedFrom(status));
      });
}

void Client::BatchVerify(std::span<const VerifyQuestion> questions,
                         std::function<void(std::vector<Answer>)> done) {
  Batch batch = Prepare(questions);
  if (batch.request.requests().empty()) {
    return done(Complete(std::move(batch.answers), grpc::Status(), {}));
  }
  parts_->transport->Call<v1::BatchVerifyRequest, v1::BatchVerifyResponse>(
      std::move(batch.request),
      std::bind_front(&Stub::PrepareAsyncBatchVerify, parts_->stub.get()),
      batch.deadline,
      [known = std::move(batch.answers), done = std::move(done)](
          const grpc::Status& status, v1::BatchVerifyResponse response) {
        done(Complete(known, status, std::move(response)));
      });
}

Answer Client::Verify(const VerifyQuestion& question) {
  if (parts_->transport->OnOwnThread()) return WaitingInCallback();
  return client::WaitFor<Answer>(
      [&](auto done) { Verify(question, std::move(done)); });
}

Introspection Client::Introspect(const IntrospectQuestion& question) {
  if (parts_->transport->OnOwnThread()) return WaitingInCallback();
  return client::WaitFor<Introspection>(
      [&](auto done) { Introspect(question, std::move(done)); });
}

std::vector<Answer> Client::BatchVerify(
    std::span<const VerifyQuestion> questions) {
  if (parts_->transport->OnOwnThread()) {
    return std::vector<Answer>(questions.size(), WaitingInCallback());
  }
  return client::WaitFor<std::vector<Answer>>(
      [&](auto done) { BatchVerify(questions, std::move(done)); });
}

}  // namespace usher
