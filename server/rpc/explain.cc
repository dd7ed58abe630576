#include "server/rpc/explain.h"

#include <utility>

#include "server/rpc/wire.h"

namespace usher::server {

std::variant<FieldFaults, verify::Verifier::Explained> Explain(
    const verify::Verifier& verifier, const v1::VerifyRequest& question,
    const std::string& path) {
  FieldFaults faults = FaultsIn(question, path);
  const verify::Requirements wanted = ToRequirements(question, nullptr);
  if (faults.empty()) {
    if (auto fault = verifier.FaultIn(question.token(), wanted)) {
      faults.push_back({path + "audiences", *std::move(fault)});
    }
  }
  if (!faults.empty()) return faults;
  return verifier.Explain(question.token(), wanted);
}

}  // namespace usher::server
