// Converts between our messages and those of libmicrohttpd. For server.cc only.
#pragma once

#include <microhttpd.h>

#include "lib/httpd/message.h"

namespace usher::httpd {

// The head of the request; its body comes later.
Request RequestOf(MHD_Connection* connection, const char* path,
                  const char* method);

// Queues `response`.
MHD_Result Send(MHD_Connection* connection, const Response& response);

}  // namespace usher::httpd
