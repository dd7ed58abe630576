// Prints a message as proto JSON: the form scripts read.
#pragma once

#include <ostream>

#include "google/protobuf/message.h"

namespace usher::cli {

// Indented, with a final line feed. Fields that a reader would look for are
// there even when false or empty.
void PrintJson(const google::protobuf::Message& message, std::ostream& out);

}  // namespace usher::cli
