// Whether a server has asked for a client certificate.
//
// A server that wants one and gets none often just closes the connection, so
// libcurl reports a broken pipe. OpenSSL knows the cause.
#pragma once

#include <curl/curl.h>

#include <memory>

namespace usher::http {

// Shared by a transfer and the connection that it makes, which may outlive it.
using CertificateRequested = std::shared_ptr<bool>;

// From now on `*requested` becomes true when the server of a connection that
// `easy` makes asks for a certificate. `requested` must outlive `easy`.
void WatchCertificateRequests(CURL* easy, CertificateRequested& requested);

}  // namespace usher::http
