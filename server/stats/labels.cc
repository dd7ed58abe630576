#include "server/stats/labels.h"

namespace usher::server {
namespace {

using Names = std::array<std::string_view, kReasonsEnd>;

Names VerdictNames() {
  Names names = {"VERIFIED"};
  for (const ReasonInfo& info : Reasons()) {
    names[static_cast<size_t>(info.reason)] = info.name;
  }
  return names;
}

}  // namespace

Label LabelOf<VerdictResult>::Get() {
  static const Names names = VerdictNames();
  return {"result", names};
}

}  // namespace usher::server
