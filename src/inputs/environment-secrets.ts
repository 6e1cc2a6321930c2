/** The secrets that a step's environment brings along: in its inputs, and in what Terraform, its backends and GitHub read. */

import type { Environment } from '../runner/context.js';
import { isTrivial } from '../runner/redaction.js';
import { parseBackendConfig } from './backend-config.js';
import { looksRandom, ofAddress, secretsOf } from './backend-secrets.js';
import { environmentName } from './reader.js';

const SECRETS: ReadonlySet<string> = new Set([
  ...['GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_ENTERPRISE_TOKEN', 'GH_ENTERPRISE_TOKEN', 'INPUT_GITHUB-TOKEN'],
  ...['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ACTIONS_RUNTIME_TOKEN'],
  ...['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_SECURITY_TOKEN', 'AWS_SSE_CUSTOMER_KEY'],
  ...['AWS_CONTAINER_AUTHORIZATION_TOKEN', 'AWS_BEARER_TOKEN_BEDROCK'],
  ...['ARM_ACCESS_KEY', 'ARM_SAS_TOKEN', 'ARM_CLIENT_SECRET', 'ARM_CLIENT_CERTIFICATE'],
  ...['ARM_CLIENT_CERTIFICATE_PASSWORD', 'ARM_OIDC_TOKEN', 'ARM_OIDC_REQUEST_TOKEN', 'SYSTEM_ACCESSTOKEN'],
  ...['CONSUL_HTTP_TOKEN', 'TENCENTCLOUD_SECRET_KEY', 'TENCENTCLOUD_SECURITY_TOKEN'],
  ...['GOOGLE_OAUTH_ACCESS_TOKEN', 'KUBE_TOKEN', 'KUBE_PASSWORD', 'KUBE_CLIENT_KEY_DATA'],
  ...['TF_HTTP_PASSWORD', 'TF_HTTP_CLIENT_PRIVATE_KEY_PEM', 'PGPASSWORD', 'PGSSLPASSWORD'],
  ...['ALICLOUD_SECRET_KEY', 'ALICLOUD_ACCESS_KEY_SECRET', 'ALIBABA_CLOUD_ACCESS_KEY_SECRET'],
  ...[
    'ALICLOUD_SECURITY_TOKEN',
    'ALIBABA_CLOUD_SECURITY_TOKEN',
    'OCI_PRIVATE_KEY',
    'OCI_PRIVATE_KEY_PASSWORD',
  ],
]);

/** Addresses, which may have a password or a token in them. */
const ADDRESSES =
  /^(?:https?_proxy|all_proxy|TF_HTTP_(?:LOCK_|UNLOCK_)?ADDRESS|CONSUL_HTTP_ADDR|AWS_ENDPOINT_URL\w*)$/i;

/** Variables that stand for a setting of a backend in which not all is secret. */
const SETTINGS: Readonly<Record<string, readonly [backend: string, setting: string]>> = {
  PG_CONN_STR: ['pg', 'conn_str'],
  CONSUL_HTTP_AUTH: ['consul', 'http_auth'],
  GOOGLE_CREDENTIALS: ['gcs', 'credentials'],
  GOOGLE_BACKEND_CREDENTIALS: ['gcs', 'credentials'],
  GOOGLE_ENCRYPTION_KEY: ['gcs', 'encryption_key'],
};

/** By the names of the variables, without the inputs. @returns the texts that must not be seen, wherever they come up */
export function environmentSecrets(env: Environment): string[] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    if (SECRETS.has(name.toUpperCase()) || /^TF_TOKEN_/i.test(name)) return [value];
    const [backend, setting] = SETTINGS[name.toUpperCase()] ?? [];
    if (backend !== undefined && setting !== undefined)
      return secretsOf(backend, { [setting]: value }).map(({ secret }) => secret);
    return ADDRESSES.test(name) ? ofAddress(value) : [];
  });
}

/** Whose values are names that everybody sees. */
const NAMES = ['alias', 'comment-key', 'confirm-destroy', 'key', 'rename-alias-from'].map(environmentName);

/**
 * What is, or may be, secret in inputs that were refused: the messages repeat values, and a comment is not masked by the
 * runner as a log is.
 */
export function secretsOfInputs(env: Environment): string[] {
  const texts = Object.entries(env).flatMap(([name, value = '']) =>
    name.startsWith('INPUT_') && !NAMES.includes(name) ? [value.trim()] : [],
  );
  return [
    ...secretsOfSettings(env),
    ...texts.flatMap(ofAddress),
    ...texts.filter((text) => /^[\w+/=.-]{20,}$/.test(text) && looksRandom(text)),
  ].filter((secret) => !isTrivial(secret));
}

/** Line by line, as one that is wrong makes the whole unreadable. */
function secretsOfSettings(env: Environment): string[] {
  const { [environmentName('backend')]: type = '', [environmentName('backend-config')]: text = '' } = env;
  return text.split(/\r?\n/).flatMap((line) => {
    try {
      return secretsOf(type.trim() || 's3', parseBackendConfig(line)).map(({ secret }) => secret);
    } catch {
      // No setting whose name is a secret one: of those, every value can be read.
      return ofAddress(line.slice(line.indexOf('=') + 1).trim());
    }
  });
}
