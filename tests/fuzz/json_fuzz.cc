// A parsed document can be visited completely, and its text parses again to the
// same text.
#include "lib/json/json.h"
#include "tests/fuzz/fuzz_check.h"

namespace usher {
namespace {

size_t CountValues(json::Value value, size_t depth) {
  fuzz::Check(depth <= json::Reader::kMaxDepth);
  size_t count = 1;
  value.ForEachMember([&](std::string_view name, json::Value child) {
    // Find() returns this member, because no name occurs twice.
    const auto found = value.Find(name);
    fuzz::Check(found && found->Text() == child.Text());
    count += CountValues(child, depth + 1);
    return true;
  });
  value.ForEachElement([&](json::Value child) {
    count += CountValues(child, depth + 1);
    return true;
  });
  return count;
}

}  // namespace
}  // namespace usher

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace usher;
  // Kept, as on a thread: the buffers' old content must not matter.
  static json::Reader reader;
  static json::Reader again;
  const auto value = reader.Parse(fuzz::TextOf(data, size));
  fuzz::Check(value.has_value() == reader.error().empty());
  if (!value) return 0;
  const std::string text = value->Text();
  const auto second = again.Parse(text);
  fuzz::Check(second.has_value());
  fuzz::Check(second->Text() == text);
  fuzz::Check(CountValues(*value, 0) == CountValues(*second, 0));
  return 0;
}
