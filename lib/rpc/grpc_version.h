// The version of gRPC that this is compiled with, for #if: 1051 is 1.51.
#pragma once

#include "grpcpp/version_info.h"

#define USHER_GRPC_VERSION \
  (GRPC_CPP_VERSION_MAJOR * 1000 + GRPC_CPP_VERSION_MINOR)
