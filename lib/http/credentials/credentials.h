// What a request shows to a server that asks who is there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "usher/secret.h"

namespace usher::http {

// A client certificate with its private key, in PEM. Immutable. Thread-safe.
class ClientCertificate {
 public:
  // Fails, without quoting any of it, unless `certificates` begins with a
  // certificate that belongs to `private_key`, which is not encrypted.
  static absl::StatusOr<std::shared_ptr<const ClientCertificate>> Create(
      std::string certificates, Secret private_key);

  // The certificate, then the CAs between it and the root.
  const std::string& certificates() const { return certificates_; }
  const Secret& private_key() const { return private_key_; }
  // Unique in this process. Connections made under one certificate are never
  // used under another.
  uint64_t serial() const { return serial_; }

 private:
  ClientCertificate(std::string certificates, Secret private_key);

  const std::string certificates_;
  const Secret private_key_;
  const uint64_t serial_;
};

// Cheap to copy. What is null is not shown.
struct Credentials {
  // "Bearer ...", "Basic ...": the value of the Authorization header.
  std::shared_ptr<const Secret> authorization;
  std::shared_ptr<const ClientCertificate> certificate;
};

}  // namespace usher::http
