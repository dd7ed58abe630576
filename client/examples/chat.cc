// A guarded chat, with streams that can outlive their callers' tokens:
//
//   chat ADDRESS USHERD
//
// serves until its standard input ends. docs/guard.md quotes the parts between
// the marks; a test runs it.
#include <grpcpp/alarm.h>
#include <grpcpp/server_builder.h>
#include <usher/guard.h>
#include <usher/guarded_service.h>
#include <usher/refuse.h>

#include <chrono>
#include <deque>
#include <iostream>
#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "chat.grpc.pb.h"

namespace {

using chat::v1::Said;

class Member;

// Thread-safe.
class Room {
 public:
  void Join(std::shared_ptr<Member> member) {
    std::lock_guard lock(mutex_);
    members_.insert(std::move(member));
  }
  void Leave(const std::shared_ptr<Member>& member) {
    std::lock_guard lock(mutex_);
    members_.erase(member);
  }
  void Say(const Said& said);

 private:
  std::mutex mutex_;
  std::set<std::shared_ptr<Member>> members_;
};

// One stream. Lives until gRPC is done with it.
class Member final : public grpc::ServerBidiReactor<Said, Said>,
                     public std::enable_shared_from_this<Member> {
 public:
  Member(Room& room, grpc::CallbackServerContext& context)
      : room_(room), context_(context) {}

  // gRPC calls no reaction before it has the member.
  void Begin() {
    const usher::Caller* caller = usher::FindCaller(context_);
    author_ = caller->subject().value_or("stranger");
    self_ = shared_from_this();
    room_.Join(self_);
    StartSendInitialMetadata();
    StartRead(&heard_);
    // [expiry]
    // The gate checked the token when the call began. A stream can last longer.
    expiry_.Set(absl::ToChronoTime(
                    caller->expires_at().value_or(absl::InfiniteFuture())),
                [member = weak_from_this()](bool expired) {
                  if (const auto self = member.lock(); self && expired) {
                    self->End([&self] {
                      return usher::Refuse(self->context_,
                                           usher::Reason::kTokenExpired,
                                           "expired during the call");
                    });
                  }
                });
    // [expiry]
  }

  void Deliver(const Said& said) {
    std::lock_guard lock(mutex_);
    if (ended_ || to_send_.size() == kMostToSend) return;
    to_send_.push_back(said);
    if (to_send_.size() == 1) StartWrite(&to_send_.front());
  }

  void OnReadDone(bool ok) override {
    if (!ok) return SayGoodbye();
    heard_.set_author(author_);
    room_.Say(heard_);
    StartRead(&heard_);
  }
  void OnWriteDone(bool ok) override {
    {
      std::lock_guard lock(mutex_);
      to_send_.pop_front();
      if (ok && !ended_ && !to_send_.empty()) StartWrite(&to_send_.front());
      if (!silent_ || !to_send_.empty()) return;
    }
    End([] { return grpc::Status::OK; });
  }
  void OnCancel() override {
    End([] { return grpc::Status::CANCELLED; });
  }
  void OnDone() override { self_.reset(); }

 private:
  // A member that reads too slowly misses messages.
  static constexpr size_t kMostToSend = 1'000;

  // The caller has finished writing and receives what was said until now.
  void SayGoodbye() {
    room_.Leave(self_);
    {
      std::lock_guard lock(mutex_);
      silent_ = true;
      if (!to_send_.empty()) return;
    }
    End([] { return grpc::Status::OK; });
  }

  // Once, with the status of `why`. Nothing is sent after it.
  template <typename Why>
  void End(const Why& why) {
    {
      std::lock_guard lock(mutex_);
      if (std::exchange(ended_, true)) return;
    }
    room_.Leave(self_);
    expiry_.Cancel();
    Finish(why());
  }

  Room& room_;
  grpc::CallbackServerContext& context_;
  std::string author_;
  Said heard_;
  grpc::Alarm expiry_;
  std::mutex mutex_;
  std::deque<Said> to_send_;
  bool silent_ = false;
  bool ended_ = false;
  std::shared_ptr<Member> self_;
};

void Room::Say(const Said& said) {
  std::set<std::shared_ptr<Member>> members;
  {
    std::lock_guard lock(mutex_);
    members = members_;
  }
  for (const auto& member : members) member->Deliver(said);
}

class Chat final : public chat::v1::Chat::CallbackService {
 public:
  grpc::ServerBidiReactor<Said, Said>* Talk(
      grpc::CallbackServerContext* context) override {
    const auto member = std::make_shared<Member>(room_, *context);
    member->Begin();
    return member.get();
  }

 private:
  Room room_;
};

absl::Status Serve(const std::string& address, const std::string& usherd) {
  usher::MethodPolicy policy;
  policy.Service("chat.v1.Chat", {});
  auto guard =
      usher::Guard::Create({.client = {.target = usherd, .tls = std::nullopt},
                            .audiences = {"orders"},
                            .policy = policy});
  if (!guard.ok()) return guard.status();
  int port = 0;
  // [rich]
  Chat chat;
  usher::GuardedService guarded(chat);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, (*guard)->InsecureCredentials(), &port);
  builder.RegisterService(&guarded);
  (*guard)->Install(builder);
  // [rich]
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return (*guard)->Check(builder);
  std::cout << "listening on port " << port << std::endl;
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());
  server->Shutdown(std::chrono::system_clock::now());
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: chat ADDRESS USHERD\n";
    return 2;
  }
  const absl::Status status = Serve(argv[1], argv[2]);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
