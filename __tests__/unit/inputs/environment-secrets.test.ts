import { describe, expect, test } from 'vitest';
import { environmentSecrets } from '../../../src/inputs/environment-secrets.js';

describe('the secrets of a job’s environment', () => {
  test.each([
    ...['GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_ENTERPRISE_TOKEN', 'GH_ENTERPRISE_TOKEN', 'INPUT_GITHUB-TOKEN'],
    ...[
      'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
      'ACTIONS_RUNTIME_TOKEN',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
    ],
    ...['AWS_SECURITY_TOKEN', 'AWS_SSE_CUSTOMER_KEY', 'AWS_CONTAINER_AUTHORIZATION_TOKEN', 'ARM_ACCESS_KEY'],
    ...['AWS_BEARER_TOKEN_BEDROCK', 'ARM_SAS_TOKEN', 'ARM_CLIENT_SECRET', 'ARM_CLIENT_CERTIFICATE'],
    ...['ARM_CLIENT_CERTIFICATE_PASSWORD', 'ARM_OIDC_TOKEN', 'ARM_OIDC_REQUEST_TOKEN', 'SYSTEM_ACCESSTOKEN'],
    ...[
      'CONSUL_HTTP_TOKEN',
      'TENCENTCLOUD_SECRET_KEY',
      'TENCENTCLOUD_SECURITY_TOKEN',
      'GOOGLE_OAUTH_ACCESS_TOKEN',
    ],
    ...[
      'KUBE_TOKEN',
      'KUBE_PASSWORD',
      'KUBE_CLIENT_KEY_DATA',
      'TF_HTTP_PASSWORD',
      'PGPASSWORD',
      'PGSSLPASSWORD',
    ],
    ...['TF_HTTP_CLIENT_PRIVATE_KEY_PEM', 'ALICLOUD_SECRET_KEY', 'ALICLOUD_ACCESS_KEY_SECRET'],
    ...['ALIBABA_CLOUD_ACCESS_KEY_SECRET', 'ALICLOUD_SECURITY_TOKEN', 'ALIBABA_CLOUD_SECURITY_TOKEN'],
    ...[
      'OCI_PRIVATE_KEY',
      'OCI_PRIVATE_KEY_PASSWORD',
      'TF_TOKEN_registry_example_com',
      'GOOGLE_ENCRYPTION_KEY',
    ],
    ...['github_token', 'Aws_Secret_Access_Key', 'tf_token_x'],
  ])('%s is one', (name) => {
    expect(environmentSecrets({ [name]: 'one-one', OTHER: 'x' })).toEqual(['one-one']);
  });

  test.each<[string, string, string[]]>([
    ['PG_CONN_STR', 'postgres://u:one-one@h/db', ['one-one']],
    ['CONSUL_HTTP_AUTH', 'user:one-one', ['user:one-one', 'one-one']],
    ['GOOGLE_CREDENTIALS', '{"private_key":"one-one","type":"service_account"}', ['one-one']],
    ['GOOGLE_BACKEND_CREDENTIALS', '/secrets/key.json', []],
    ['GOOGLE_ENCRYPTION_KEY', './key.pem', []],
    ['HTTPS_PROXY', 'http://u:one-one@proxy:3128', ['one-one']],
    ['http_proxy', 'http://u:one-one@proxy', ['one-one']],
    ['ALL_PROXY', 'socks5://u:one-one@proxy', ['one-one']],
    ['TF_HTTP_ADDRESS', 'https://h/s?token=one-one', ['one-one']],
    ['TF_HTTP_LOCK_ADDRESS', 'https://u:one-one@h/s', ['one-one']],
    ['TF_HTTP_UNLOCK_ADDRESS', 'https://u:one-one@h/s', ['one-one']],
    ['CONSUL_HTTP_ADDR', 'https://u:one-one@h', ['one-one']],
    ['AWS_ENDPOINT_URL_KMS', 'https://u:one-one@h', ['one-one']],
    ['AWS_ENDPOINT_URL', 'http://127.0.0.1:1', []],
  ])('of %s=%s only what is secret in it', (name, value, secrets) => {
    expect(environmentSecrets({ [name]: value })).toEqual(secrets);
  });

  test.each([
    'AWS_ACCESS_KEY_ID',
    'AWS_REGION',
    'MY_GITHUB_TOKEN_NAME',
    'NO_PROXY',
    'MY_HTTPS_PROXY',
    'X_TF_TOKEN_a',
    'HTTPS_PROXY_X',
    'X_AWS_ENDPOINT_URL',
  ])('%s is none', (name) => {
    expect(environmentSecrets({ [name]: 'https://u:one-one@h' })).toEqual([]);
  });

  test('a variable that is not set has none', () => {
    expect(
      environmentSecrets({ GITHUB_TOKEN: undefined, PG_CONN_STR: undefined }).filter((text) => text !== ''),
    ).toEqual([]);
  });
});
