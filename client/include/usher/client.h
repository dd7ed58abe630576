// Asks usherd about tokens.
//
//   auto client = usher::Client::Create({.target = "dns:///usher:9443"});
//   if (!client.ok()) return client.status();
//   usher::Answer answer =
//       (*client)->Verify({.token = token, .audiences = {"orders"}});
//
// An answer of yes or no is final. Where there is none, the client asks once
// more, another replica if there is one, after the time that usherd named or a
// short random one, and always within the deadline.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "usher/client_options.h"
#include "usher/introspection.h"
#include "usher/verify_request.h"
#include "usher/verify_result.h"

namespace usher {

// Thread-safe; one per process and usherd is enough. Owns one thread, on which
// it speaks to the network and runs callbacks: a callback must be short, must
// not block and must not throw. Connects when first asked.
class Client {
 public:
  // Never touches the network. INVALID_ARGUMENT says which option is wrong.
  static absl::StatusOr<std::unique_ptr<Client>> Create(ClientOptions options);

  // Ends what is under way with Undecided (kStopped), runs those callbacks and
  // waits for them. Not to be run from a callback.
  ~Client();

  // Waits for the answer, for no longer than the deadline. Inside a callback
  // there would be nobody to bring it: the answer is then Undecided
  // (kBadQuestion) at once.
  Answer Verify(const VerifyQuestion& question);
  Introspection Introspect(const IntrospectQuestion& question);
  // One answer each, in the same order, in one round trip. At most 256
  // questions and 4 MiB. The earliest deadline among them counts for all. Only
  // a batch that failed as a whole is asked again.
  std::vector<Answer> BatchVerify(std::span<const VerifyQuestion> questions);

  // The same without waiting. `done` runs exactly once, on the client's thread
  // or, where nothing needs asking, inside this call.
  void Verify(const VerifyQuestion& question, std::function<void(Answer)> done);
  void Introspect(const IntrospectQuestion& question,
                  std::function<void(Introspection)> done);
  void BatchVerify(std::span<const VerifyQuestion> questions,
                   std::function<void(std::vector<Answer>)> done);

 private:
  struct Parts;
  explicit Client(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace usher
