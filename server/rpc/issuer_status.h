// The state of an issuer and its keys, on the wire.
#pragma once

#include "absl/time/time.h"
#include "lib/issuer/registry.h"
#include "lib/jose/key.h"
#include "usher/v1/admin_service.pb.h"

namespace usher::server {

void ToWire(const jose::Key& key, absl::Time first_seen, v1::KeyStatus& out);
void ToWire(const issuer::Issuer& issuer, absl::Time now,
            v1::IssuerStatus& out);

}  // namespace usher::server
