// The limit that the other benchmarks are compared with: nothing but OpenSSL's
// check of one signature, on contexts made once.
#pragma once

#include <string>
#include <string_view>

#include "lib/jose/key.h"
#include "lib/jose/openssl.h"

namespace usher::bench {

class BareSignature {
 public:
  // `input` is borrowed; `signature` is in JWS form.
  BareSignature(const jose::Key& key, jose::Alg alg, std::string_view input,
                std::string_view signature);

  // Whether it holds, asked of OpenSSL again at each call.
  bool Holds();

 private:
  bool DigestHolds();
  bool MessageHolds();

  const jose::AlgInfo& row_;
  std::string_view input_;
  std::string signature_;  // in OpenSSL's form
  jose::PkeyCtxPtr pkey_ctx_;
  jose::MdCtxPtr md_ctx_;
};

}  // namespace usher::bench
