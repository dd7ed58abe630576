#include "server/net/library_versions.h"

#include <google/protobuf/stubs/common.h>
#include <grpcpp/grpcpp.h>
#include <openssl/crypto.h>

#include "lib/http/library_versions.h"
#include "lib/httpd/library_versions.h"

namespace usher::server {

base::LibraryVersions Libraries() {
  base::LibraryVersions all = {
      {"gRPC", grpc::Version()},
      // Its headers and its library are checked to be of one version.
      {"Protobuf",
       google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION)},
      {"OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING)},
  };
  for (const base::LibraryVersions& more :
       {http::Libraries(), httpd::Libraries()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace usher::server
