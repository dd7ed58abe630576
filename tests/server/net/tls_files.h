// Certificates in a directory of their own, gone with it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "lib/config/config.h"
#include "tests/support/certificate_authority.h"

namespace usher::server {

class TlsFiles {
 public:
  TlsFiles() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "usher-tls-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    const testing::Certificate server = ca_.Issue();
    tls_.certificate = Write("tls.crt", server.chain);
    tls_.private_key = Write("tls.key", server.private_key);
    tls_.client_ca = Write("ca.crt", ca_.pem());
  }
  ~TlsFiles() { std::filesystem::remove_all(directory_); }
  TlsFiles(const TlsFiles&) = delete;
  TlsFiles& operator=(const TlsFiles&) = delete;

  // The path of the new file.
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = (directory_ / name).string();
    std::ofstream(path) << text;
    return path;
  }

  const config::Tls& tls() const { return tls_; }
  const testing::CertificateAuthority& ca() const { return ca_; }

 private:
  const testing::CertificateAuthority ca_;
  std::filesystem::path directory_;
  config::Tls tls_;
};

}  // namespace usher::server
