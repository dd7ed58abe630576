// Prints a message as proto JSON: the form scripts read.
#pragma once

#include <ostream>

#include "google/protobuf/message.h"

namespace usher::cli {

// Indented, with a final line feed. Fields with default values are printed
// too, so that scripts find them.
void PrintJson(const google::protobuf::Message& message, std::ostream& out);

}  // namespace usher::cli
