// A real OpenID Provider (the npm package oidc-provider) on loopback, over TLS.
//
//   node provider.mjs SETTINGS.json READY.json
//
// SETTINGS: port (0: any), certificate, key (PEM files), kids {ec, rsa}, ca and
// usher_key (the PEM files that usherd's certificate and assertions are checked
// with). New kids mean new keys. READY is written once it listens: {issuer}.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';

import { Provider } from 'oidc-provider';

const [settingsFile, readyFile] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(settingsFile));

const newKey = (kid, type, options, alg) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  kid, alg, use: 'sig',
});

// The clients that usherd can be, one for each way to say so.
const introspector = (method, more = {}) => ({
  client_id: `usher-${method}`,
  client_secret: 'usher-secret-of-this-test-only',
  token_endpoint_auth_method: method,
  grant_types: [],
  response_types: [],
  redirect_uris: [],
  ...more,
});
const usherJwk = {
  ...createPublicKey(readFileSync(settings.usher_key)).export({ format: 'jwk' }),
  kid: 'usher-1', use: 'sig', alg: 'ES256',
};

// One resource server for each audience, as RFC 8707 names them.
const resources = {
  'https://orders.example.com': 'orders.read orders.write',
  'https://billing.example.com': 'billing.read',
  'https://reports.example.com': 'reports.read',
};

const configuration = {
  clients: [{
    client_id: 'shop',
    client_secret: 'a-secret-of-this-test-only',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
  }, {
    client_id: 'desk',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: ['http://127.0.0.1:8400/callback'],
  },
  introspector('client_secret_basic'),
  introspector('client_secret_post'),
  introspector('private_key_jwt', {
    client_secret: undefined,
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: { keys: [usherJwk] },
  }),
  introspector('tls_client_auth', {
    client_secret: undefined,
    tls_client_auth_san_dns: 'usher.example.com',
  })],
  clientAuthMethods: [
    'client_secret_basic', 'client_secret_post', 'private_key_jwt',
    'tls_client_auth', 'none',
  ],
  jwks: {
    keys: [
      newKey(settings.kids.ec, 'ec', { namedCurve: 'P-256' }, 'ES256'),
      newKey(settings.kids.rsa, 'rsa', { modulusLength: 2048 }, 'RS256'),
    ],
  },
  cookies: { keys: ['of-this-test-only'] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    mTLS: {
      enabled: true,
      tlsClientAuth: true,
      getCertificate: (ctx) => ctx.socket.getPeerX509Certificate(),
      certificateAuthorized: (ctx) => ctx.socket.authorized,
      certificateSubjectMatches: (ctx, property, expected) =>
        property === 'tls_client_auth_san_dns' &&
        ctx.socket.getPeerX509Certificate().checkHost(expected) !== undefined,
    },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => false,
      getResourceServerInfo: (ctx, resource) => ({
        scope: resources[resource] ?? '',
        audience: resource,
        accessTokenFormat: resource.includes('reports') ? 'opaque' : 'jwt',
        accessTokenTTL: 300,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  ttl: { AccessToken: 300, ClientCredentials: 300, IdToken: 300 },
};

const server = createServer({
  cert: readFileSync(settings.certificate),
  key: readFileSync(settings.key),
  ca: readFileSync(settings.ca),
  requestCert: true,
  rejectUnauthorized: false,
});
server.listen(settings.port, '127.0.0.1', () => {
  const issuer = `https://127.0.0.1:${server.address().port}`;
  server.on('request', new Provider(issuer, configuration).callback());
  writeFileSync(`${readyFile}.new`, JSON.stringify({ issuer }));
  renameSync(`${readyFile}.new`, readyFile);
});
process.on('SIGTERM', () => process.exit(0));
