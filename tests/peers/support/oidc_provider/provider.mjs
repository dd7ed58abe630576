// A real OpenID Provider (the npm package oidc-provider) on loopback, over TLS.
//
//   node provider.mjs SETTINGS.json READY.json
//
// SETTINGS: port (0: any), certificate, key (PEM files), kids {ec, rsa}. New
// kids mean new keys. READY is written once it listens: {issuer}.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';

import { Provider } from 'oidc-provider';

const [settingsFile, readyFile] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(settingsFile));

const newKey = (kid, type, options, alg) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  kid, alg, use: 'sig',
});

// One resource server for each audience, as RFC 8707 names them.
const resources = {
  'https://orders.example.com': 'orders.read orders.write',
  'https://billing.example.com': 'billing.read',
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
  }],
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
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => false,
      getResourceServerInfo: (ctx, resource) => ({
        scope: resources[resource] ?? '',
        audience: resource,
        accessTokenFormat: 'jwt',
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
});
server.listen(settings.port, '127.0.0.1', () => {
  const issuer = `https://127.0.0.1:${server.address().port}`;
  server.on('request', new Provider(issuer, configuration).callback());
  writeFileSync(`${readyFile}.new`, JSON.stringify({ issuer }));
  renameSync(`${readyFile}.new`, readyFile);
});
process.on('SIGTERM', () => process.exit(0));
