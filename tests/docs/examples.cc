#include "tests/docs/examples.h"

namespace usher::docs {

const std::string_view kSmallestExample = R"(issuers:
  - name: corp
    issuer: https://login.example.com
    audiences: [orders]
)";

const std::string_view kFullExample =
    R"(# The gRPC listener for client services on other machines.
listen: 0.0.0.0:9443
tls:
  certificate: tls/server.crt
  private_key: tls/server.key
  client_ca: tls/callers-ca.crt      # callers must present a certificate
  client_crl: tls/callers-crl.pem    # one that is not revoked
  client_crl_required: false

# Which client services may call, and for which audiences.
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
    client_crl: tls/operators-crl.pem
    client_crl_required: true        # without a valid list, no one gets in

# /metrics, /livez and /readyz.
metrics:
  listen: 0.0.0.0:9464

# For operators on this machine: http://127.0.0.1:9465/
status_page:
  enabled: true
  listen: 127.0.0.1:9465

issuers:
  # Keys found by discovery, through a proxy.
  - name: corp
    issuer: https://login.example.com
    issuer_aliases: [login.example.com]   # what older tokens say
    audiences: [orders, billing]
    algorithms: [RS256, ES256]
    keys: {discovery: true}
    ca_file: corp-ca.pem             # trust this CA only, not the system's
    proxy: http://proxy.example.com:3128
    clock_skew: 30s
    max_lifetime: 1h
    max_age: 30m
    token_types: [at+jwt, JWT]       # typ is required
    audience_claim: aud
    claims:                          # of every token
      department: {one_of: [sales, support]}
      sub: {matches: "user-[0-9]+"}
    clients: [web, mobile]           # client_id, azp, appid or cid
    access_token:
      has_any: [scope, scp]          # which ID tokens do not have
      claims:
        realm_access.roles: {contains: orders-user}
    required: true                   # /readyz fails until its keys are loaded
    refresh:
      freshness: 10m
      min_freshness: 1m
      max_freshness: 1h
      first_retry: 1s
      last_retry: 32s
      timeout: 5s
      cooldown: 5s
      stale_for: 4h
      unknown_kid_wait: 1s
      issue_slack: 5s

  # The URL of the keys; audiences in another claim.
  - name: cognito
    issuer: https://cognito.example.com/pool-1
    audiences: [mobile-app]
    keys: {jwks_url: "https://cognito.example.com/pool-1/keys.json"}
    audience_claim: client_id
    access_token: {preset: cognito}
    id_token:
      audience_claim: aud
      claims: {email_verified: true}
    required: false                  # the service can be ready without it

  # Metadata at an unusual address, which asks who is there.
  - name: bank
    issuer: https://bank.example.com
    audiences: [billing]
    keys:
      discovery_url: https://bank.example.com/oidc/metadata.json
      allowed_hosts: [keys.example.com]            # beside bank.example.com
      token_file: bank-token                       # or:
      client_certificate: tls/bank-client.crt
      client_key: tls/bank-client.key

  # Opaque tokens, which begin with ory_at_: the issuer is asked about them.
  - name: hydra
    issuer: https://hydra.example.com
    audiences: [orders]
    introspection:
      endpoint: https://hydra-admin.example.com/admin/oauth2/introspect
      auth: basic
      client_id: usher
      secret_file: hydra-secret
      timeout: 1s
      max_in_flight: 64
      signed: false              # true: only signed answers (RFC 9701)
      prefix: ory_at_
    no_expiry: true              # revocations stay until they are lifted

  # All other opaque tokens, and its JWTs too: a revoked one is denied.
  - name: zitadel
    issuer: https://zitadel.example.com
    audiences: ["252984234234"]
    introspection:               # the endpoint is in the issuer's metadata
      auth: private_key_jwt
      client_id: usher
      key_file: zitadel-key.pem
      key_algorithm: RS256
      key_id: key-1
      assertion_audience: https://zitadel.example.com
      default: true
      always: true
    no_expiry: true

  # No keys: every token of this issuer is opaque.
  - name: legacy
    issuer: https://legacy.example.com
    audiences: [orders]
    keys: {none: true}
    introspection:
      endpoint: https://legacy.example.com/introspect
      auth: mtls
      client_id: usher
      certificate_file: tls/legacy-client.crt
      key_file: tls/legacy-client.key
      prefix: legacy-
    no_expiry: true

  # A multi-tenant provider, with the tenants that are accepted.
  - name: entra
    issuer: https://login.example.org/{tenantid}/v2.0
    tenants:
      allow: [9188040d-6c67-4c5b-b112-36a304b66dad, partner-2]
      claim: tid
    audiences: [orders]

  # Every tenant whose name matches.
  - name: saas
    issuer: https://saas.example.org/{org}
    tenants:
      pattern: "acme-[a-z0-9]+"
      most: 1000
    audiences: [orders]

  # Keys from a file, which is read again when it changes.
  - name: batch
    issuer: https://batch.example.com
    audiences: [orders]
    keys: {jwks_file: batch-keys.json}
    max_lifetime: 12h

  # Keys in the configuration: nothing is fetched.
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

# The cache of verified tokens.
token_cache:
  enabled: true
  entries: 65536
  bytes: 128MiB
  longest_life: 5m

# What the process may use.
limits:
  memory: 512MiB
  cpu_percent: 200

# Bounds and probes of the listeners.
max_connections: 4096
max_connection_age: 5m
max_connection_age_grace: 30s
self_probe: {interval: 10s, timeout: 3s}
shutdown_delay: 1s
shutdown_grace: 10s
log:
  level: info

# A line per verdict: the client service, the issuer, the result.
audit:
  file: audit.jsonl
  sample_verified: 0.01
  refusals_per_second: 100
  subjects: false

# What operators revoke before it expires.
revocation:
  file: revocations.db
  ephemeral: false
  retention: 25h
  max_entries: 1000000
)";

const std::string_view kPolicyExample =
    R"(# What a call of each method needs.
audiences: [orders]

services:
  shop.v1.Orders: {scopes: [orders.read, orders.admin], scope_match: any}
  shop.v1.Catalogue: {}                # any accepted token
methods:
  /shop.v1.Orders/Version: public      # no token
  /shop.v1.Catalogue/Search: {optional: true}     # a token, or none
  /shop.v1.Orders/Delete:
    scopes: [orders.write]
    claims:
      tenant: acme                     # exactly this text
      email_verified: true
      department: {one_of: [sales, support]}
      realm_access.roles: {contains: admin}       # roles in realm_access
      https://example\.com/region: {present: true}
  /shop.v1.Orders/Bill: {scopes: [billing], audiences: [billing]}

default: {scopes: [orders.admin]}      # every method not listed above
health: public
reflection: {scopes: [ops]}
)";

}  // namespace usher::docs
