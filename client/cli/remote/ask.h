// Sends one request to usherd and waits for the reply.
#pragma once

#include <utility>

#include "client/core/transport.h"
#include "client/core/wait_for.h"
#include "grpcpp/support/status.h"

namespace usher::cli {

template <typename Response>
struct Reply {
  grpc::Status status;
  Response response;
};

// `prepare`: std::bind_front(&Stub::PrepareAsync..., stub).
template <typename Request, typename Response, typename Prepare>
Reply<Response> Ask(client::Transport& transport, Request request,
                    Prepare prepare) {
  return client::WaitFor<Reply<Response>>([&](auto done) {
    transport.Call<Request, Response>(
        std::move(request), std::move(prepare), absl::InfiniteFuture(),
        [done](const grpc::Status& status, Response response) {
          done({status, std::move(response)});
        });
  });
}

}  // namespace usher::cli
