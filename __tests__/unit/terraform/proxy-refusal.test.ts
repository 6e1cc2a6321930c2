import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { explainProxyRefusal } from '../../../src/terraform/proxy-refusal.js';
import { TerraformError } from '../../../src/terraform/run.js';
import { explainTerraformError } from '../../../src/terraform/symptoms.js';

const saved = { ...process.env };
beforeEach(() => {
  for (const name of Object.keys(process.env).filter((key) => /_proxy$/i.test(key)))
    Reflect.deleteProperty(process.env, name);
  process.env['https_proxy'] = 'http://me:hidden@proxy:3128';
});
afterEach(() => {
  for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, saved);
});

const S3 =
  'operation error S3: ListObjectsV2, https response error StatusCode: 0, RequestID: , HostID: , request send failed, ';

describe('what Terraform says of a proxy', () => {
  test.each([
    [
      `${S3}Get "https://b.s3.eu-west-1.amazonaws.com/?list-type=2": Forbidden`,
      'the proxy http://proxy:3128 does not let this runner connect to b.s3.eu-west-1.amazonaws.com:443 (it answered 403)',
    ],
    [
      'could not connect to registry.terraform.io: failed to request discovery document: Get "https://registry.terraform.io/.well-known/terraform.json": Proxy Authentication\nRequired',
      'the proxy http://proxy:3128 does not accept the user and password of `https_proxy` (it answered 407)',
    ],
    [
      'Post "https://kms.eu-west-1.amazonaws.com/": Service Unavailable, and more',
      'the proxy http://proxy:3128 does not let this runner connect to kms.eu-west-1.amazonaws.com:443 (it answered 503)',
    ],
    [
      'Get "https://x.example.com/": proxyconnect tcp: dial tcp 127.0.0.1:9: connect: connection refused',
      'the proxy http://proxy:3128 could not be reached (ECONNREFUSED)',
    ],
    [
      'Get "https://x.example.com/": proxyconnect tcp: dial tcp: lookup proxy: no such host',
      'the proxy http://proxy:3128 could not be reached (ENOTFOUND)',
    ],
  ])('%s', (text, what) => {
    expect(explainProxyRefusal(text)?.what).toBe(what);
    const error = new TerraformError('init', 1, [{ summary: 'Failed', detail: text, address: undefined }]);
    const told = explainTerraformError(error, 'Nothing was done.');
    expect(told.message).toContain(what);
    expect(told.message).not.toContain('hidden');
  });
});

test.each([
  ['an answer of the host', `${S3.replace('0', '403')}api error AccessDenied: Forbidden`],
  [
    'a connection that was refused without a proxy',
    'Get "https://x.example.com/": dial tcp 127.0.0.1:9: connect: connection refused',
  ],
  ['a word that only begins so', 'Get "https://x.example.com/": Forbidden fruit'],
  [
    'the certificate of the proxy',
    'Get "https://x.example.com/": proxyconnect tcp: tls: failed to verify certificate: x509: unknown',
  ],
])('%s is no refusal of a proxy', (_, text) => {
  expect(explainProxyRefusal(text)).toBeUndefined();
});
