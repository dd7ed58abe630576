#include "tests/lib/config/config_support.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "tests/lib/config/authority.h"

namespace usher::config {
namespace {

std::string Lines(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

std::string RsaKey() {
  EVP_PKEY* const key = EVP_RSA_gen(2048);
  BIO* const bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<size_t>(size));
  BIO_free(bio);
  EVP_PKEY_free(key);
  return pem;
}

}  // namespace

const testing::CertificateAuthority& TheAuthority() {
  static const auto& authority = *new testing::CertificateAuthority();
  return authority;
}

Directory::Directory() {
  std::string pattern = ::testing::TempDir() + "/usher-config-XXXXXX";
  path_ = mkdtemp(pattern.data());
}

Directory::~Directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Directory::Write(std::string_view name,
                             std::string_view text) const {
  const std::string path = base::StrCat(path_, "/", name);
  std::filesystem::create_directories(
      std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

void Directory::WriteFilesOfFullExample() const {
  static const testing::Certificate& pair =
      *new testing::Certificate(TheAuthority().Issue());
  for (const std::string_view name :
       {"tls/server", "tls/bank-client", "tls/legacy-client"}) {
    Write(base::StrCat(name, ".crt"), pair.chain);
    Write(base::StrCat(name, ".key"), pair.private_key);
  }
  for (const std::string_view name :
       {"tls/callers-ca.crt", "tls/callers-crl.pem", "tls/operators-ca.crt",
        "tls/operators-crl.pem", "corp-ca.pem"}) {
    Write(name, TheAuthority().pem());
  }
  Write("batch-keys.json", kJwks);
  Write("bank-token", "token");
  Write("hydra-secret", "secret");
  static const std::string& key = *new std::string(RsaKey());
  Write("zitadel-key.pem", key);
}

std::string WithOneIssuer(std::string_view more) {
  return base::StrCat(
      "issuers:\n- name: corp\n  issuer: https://login.example.com\n"
      "  audiences: [orders]\n",
      more);
}

std::string WithIssuerKeys(std::string_view more) {
  std::string indented = "  ";
  for (const char c : more) {
    indented += c;
    if (c == '\n') indented += "  ";
  }
  return WithOneIssuer(indented);
}

std::string ErrorsOf(std::string_view yaml, const std::string& directory) {
  const Loaded loaded = Parse(yaml, directory);
  EXPECT_EQ(loaded.config.has_value(), loaded.errors.empty());
  return Lines(loaded.errors);
}

std::string WarningsOf(std::string_view yaml, const std::string& directory) {
  return Lines(Parse(yaml, directory).warnings);
}

Config Good(std::string_view yaml, const std::string& directory) {
  Loaded loaded = Parse(yaml, directory);
  EXPECT_EQ(Lines(loaded.errors), "");
  return std::move(loaded.config).value_or(Config{});
}

}  // namespace usher::config
