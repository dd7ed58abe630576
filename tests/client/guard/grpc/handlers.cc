#include "tests/client/guard/grpc/handlers.h"

#include <iterator>

#include "usher/caller.h"

namespace usher::testing {
namespace {

struct StyleInfo {
  Style style;
  const char* name;
  std::unique_ptr<Handlers> (*make)(Counter&);
};
constexpr StyleInfo kStyleInfos[] = {
    {Style::kSync, "sync", MakeSync},
    {Style::kCallback, "callback", MakeCallback},
    {Style::kQueue, "queue", MakeQueue},
    {Style::kQueueGeneric, "queue-generic", MakeQueueGeneric},
    {Style::kCallbackGeneric, "callback-generic", MakeCallbackGeneric},
};

static_assert(std::size(kStyleInfos) == std::size(kStyles));

const StyleInfo& InfoOf(Style style) {
  return kStyleInfos[static_cast<size_t>(style)];
}

}  // namespace

std::string NameOf(Style style) { return InfoOf(style).name; }

std::unique_ptr<Handlers> MakeHandlers(Style style, Counter& counter) {
  return InfoOf(style).make(counter);
}

EchoReply ReplyTo(const grpc::ServerContextBase& context, Counter& counter) {
  ++counter.entries;
  EchoReply reply;
  const Caller* caller = FindCaller(context);
  reply.set_subject(caller == nullptr ? "(no caller)"
                                      : caller->subject().value_or("(none)"));
  const auto& metadata = context.client_metadata();
  reply.set_saw_token(metadata.count("authorization") != 0 ||
                      metadata.count("authorization-bin") != 0 ||
                      metadata.count(kOtherHeader) != 0);
  return reply;
}

}  // namespace usher::testing
