#include "lib/config/examples.h"

namespace usher::config {

const std::string_view kSmallestExample = R"(issuers:
  - name: corp
    issuer: https://login.example.com
    audiences: [orders]
)";

const std::string_view kFullExample =
    R"(# Services on other machines ask here.
listen: 0.0.0.0:9443
tls:
  certificate: tls/server.crt
  private_key: tls/server.key
  client_ca: tls/callers-ca.crt      # callers must show a certificate

# Who may ask, and about which audiences.
callers:
  - name: orders
    certificate: spiffe://example.com/ns/prod/sa/orders
    audiences: [orders]
    rpcs: [Verify, BatchVerify]
  - name: gateway
    certificate: gateway.prod.example.com
    audiences: [orders, billing]     # rpcs: all of them

# For operators: explains tokens, lists issuers.
admin:
  listen: 0.0.0.0:9444
  tls:
    certificate: tls/server.crt
    private_key: tls/server.key
    client_ca: tls/operators-ca.crt

# /metrics, /livez and /readyz.
metrics:
  listen: 0.0.0.0:9464

# For operators on this machine: http://127.0.0.1:9465/
status_page:
  enabled: true
  listen: 127.0.0.1:9465

issuers:
  # Keys found by discovery, and asked for through a proxy.
  - name: corp
    issuer: https://login.example.com
    audiences: [orders, billing]
    algorithms: [RS256, ES256]
    keys: {discovery: true}
    ca_file: corp-ca.pem             # only this CA, not the system's
    proxy: http://proxy.example.com:3128
    clock_skew: 30s
    max_lifetime: 1h
    max_age: 30m
    token_types: [at+jwt, JWT]       # typ must be there
    audience_claim: aud
    required: true                   # /readyz waits for its keys
    refresh:
      freshness: 10m
      min_freshness: 1m
      max_freshness: 1h
      cooldown: 30s
      stale_for: 4h
      unknown_kid_wait: 1s

  # Keys at an address that no metadata names; audiences in another claim.
  - name: cognito
    issuer: https://cognito.example.com/pool-1
    audiences: [mobile-app]
    keys: {jwks_url: "https://cognito.example.com/pool-1/keys.json"}
    audience_claim: client_id
    required: false                  # the service is ready without it

  # Keys from a file, which is read again when it changes.
  - name: batch
    issuer: https://batch.example.com
    audiences: [orders]
    keys: {jwks_file: batch-keys.json}
    max_lifetime: 12h

  # Keys written here: nothing is fetched.
  - name: partner
    issuer: https://partner.example.net
    audiences: [billing]
    algorithms: [ES256]
    keys:
      jwks:
        keys:
          - kty: EC
            crv: P-256
            kid: partner-1
            alg: ES256
            use: sig
            x: f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU
            y: x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0

# Verified tokens that are remembered.
token_cache:
  enabled: true
  entries: 65536
  bytes: 128MiB
  longest_life: 5m

max_connection_age: 5m
max_connection_age_grace: 30s
shutdown_delay: 1s
shutdown_grace: 10s
log:
  level: info

# Who asked, and what came of it.
audit:
  file: audit.jsonl
  sample_verified: 0.01
  refusals_per_second: 100
  subjects: false
)";

}  // namespace usher::config
