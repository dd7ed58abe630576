#include "client/cli/print/json_output.h"

#include <string>

#include "google/protobuf/util/json_util.h"
#include "lib/base/text/visible.h"

namespace usher::cli {

void PrintJson(const google::protobuf::Message& message, std::ostream& out) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok()) text = "{}";
  out << base::VisibleJson(text);
  if (!text.ends_with('\n')) out << "\n";
}

}  // namespace usher::cli
