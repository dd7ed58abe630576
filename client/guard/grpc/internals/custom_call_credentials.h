// Call credentials that can end the call they are applied to.
#pragma once

#include <memory>
#include <string>

#include "grpc/grpc.h"
#include "grpcpp/security/credentials.h"

namespace usher::guard {

// gRPC applies the credentials of a ClientContext when the call is created,
// before anything is sent. A metadata plugin could only end the call with the
// status UNAUTHENTICATED and a text of gRPC's.
class CustomCallCredentials : public grpc::CallCredentials {
 public:
  bool ApplyToCall(grpc_call* call) final { return Apply(call); }

 protected:
  // False: gRPC ends the call with a status of its own.
  virtual bool Apply(grpc_call* call) = 0;

  // Two implementations of Apply(). The first ends the call.
  static bool EndCall(grpc_call* call, grpc_status_code code,
                      const std::string& message) {
    grpc_call_cancel_with_status(call, code, message.c_str(), nullptr);
    return true;
  }
  static bool ApplyOther(grpc::CallCredentials& other, grpc_call* call) {
    return other.ApplyToCall(call);
  }

 private:
  // Null: these cannot be combined with other call credentials.
  grpc::SecureCallCredentials* AsSecureCredentials() final { return nullptr; }
};

}  // namespace usher::guard
