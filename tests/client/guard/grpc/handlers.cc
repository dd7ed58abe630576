#include "tests/client/guard/grpc/handlers.h"

#include "usher/caller.h"

namespace usher::testing {
namespace {

struct Row {
  Style style;
  const char* name;
  std::unique_ptr<Handlers> (*make)(Seen&);
};
constexpr Row kRows[] = {
    {Style::kSync, "sync", MakeSync},
    {Style::kCallback, "callback", MakeCallback},
    {Style::kQueue, "queue", MakeQueue},
    {Style::kQueueGeneric, "queue-generic", MakeQueueGeneric},
    {Style::kCallbackGeneric, "callback-generic", MakeCallbackGeneric},
};

const Row& RowOf(Style style) { return kRows[static_cast<int>(style)]; }

}  // namespace

std::string NameOf(Style style) { return RowOf(style).name; }

std::unique_ptr<Handlers> MakeHandlers(Style style, Seen& seen) {
  return RowOf(style).make(seen);
}

EchoReply Look(const grpc::ServerContextBase& context, Seen& seen) {
  ++seen.entries;
  EchoReply reply;
  const Caller* caller = FindCaller(context);
  reply.set_subject(caller == nullptr ? "(nobody)"
                                      : caller->subject().value_or("(none)"));
  const auto& metadata = context.client_metadata();
  reply.set_saw_token(metadata.count("authorization") != 0 ||
                      metadata.count("authorization-bin") != 0);
  return reply;
}

}  // namespace usher::testing
