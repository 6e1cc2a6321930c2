/** Which settings of a backend are secret: a short list for each, since a name that only sounds like it hides what is none. */

import { isTrivial } from '../runner/redaction.js';
import { suggest } from './suggest.js';

/** One setting of a backend, as Terraform JSON has it. */
export type Setting = string | number | boolean | null | readonly Setting[] | Settings;
export interface Settings {
  readonly [name: string]: Setting;
}

/** A backend and its settings. */
export interface BackendSettings {
  readonly type: string;
  /** Values may be secret. */
  readonly config: Settings;
}

/**
 * The arguments of Terraform's backends whose values are secret (their documentation, and `internal/backend/remote-state`
 * in Terraform's sources). What is an id, a name, a path or a switch is none: `access_key` of S3, COS's `secret_id`,
 * `secret_suffix` of Kubernetes, `shared_credentials_files`, `skip_credentials_validation`.
 */
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  azurerm: [
    ...['access_key', 'sas_token', 'client_secret', 'client_certificate', 'client_certificate_password'],
    ...['oidc_token', 'oidc_request_token'],
  ],
  consul: ['access_token', 'http_auth'],
  cos: ['secret_key', 'security_token', 'saml_assertion', 'web_identity_token'],
  gcs: ['credentials', 'access_token', 'encryption_key'],
  http: ['password', 'client_private_key_pem'],
  kubernetes: ['token', 'password', 'client_key'],
  local: [],
  oci: ['private_key', 'private_key_password', 'sse_customer_key'],
  oss: ['secret_key', 'security_token'],
  pg: ['conn_str'],
  remote: ['token'],
  s3: ['secret_key', 'token', 'sse_customer_key', 'web_identity_token'],
};

/** What other tools of the family add to any of them. */
const EVERYWHERE = ['headers', 'cookie', 'password'];

/** Harmless arguments whose names are so near to a secret one that they could be meant for it. */
const HARMLESS = new Set(['access_key', 'secret_id', 'client_id', 'oidc_request_url']);

/** A secret, and the setting that it stands in, e.g. `exec.env.TOKEN`. */
export interface BackendSecret {
  readonly setting: string;
  readonly secret: string;
}

/** Whether a setting of this name is secret in any backend. */
export function mayBeSecret(name: string): boolean {
  return [EVERYWHERE, ...Object.values(SECRETS)].some((names) => names.includes(name));
}

/**
 * Everything in the settings, at any depth, that must not be seen; without what is too short or too common to be one.
 * @param type of the backend
 */
export function secretsOf(type: string, settings: Settings): BackendSecret[] {
  const found = Object.entries(settings).flatMap(([name, value]) =>
    findSecrets({ type, name, path: name }, value),
  );
  return found.filter(({ secret }) => !isTrivial(secret));
}

/** The settings in two parts: those that are secret or have a secret in them, and all others. */
export function splitSecrets(type: string, settings: Settings): { secret: Settings; plain: Settings } {
  const { secret = [], plain = [] } = Object.groupBy(Object.entries(settings), ([name, value]) =>
    isListed(type, name) || findSecrets({ type, name, path: name }, value).length > 0 ? 'secret' : 'plain',
  );
  return { secret: Object.fromEntries(secret), plain: Object.fromEntries(plain) };
}

/** Whether Terraform's own record of the backend has a secret in it. */
export function hasBackendSecrets({ backend }: { readonly backend: BackendSettings | undefined }): boolean {
  return backend !== undefined && Object.keys(splitSecrets(backend.type, backend.config).secret).length > 0;
}

interface Place {
  readonly type: string;
  /** The setting's own name, the last of its path. */
  readonly name: string;
  readonly path: string;
}

function findSecrets(place: Place, value: Setting): BackendSecret[] {
  const { type, name, path } = place;
  const readMember = READERS_OF_MEMBERS.get(name);
  const isWhole = typeof value !== 'object' || value === null || (!readMember && isListed(type, name));
  if (isWhole) return secretsIn(value, path, (text) => readText(place, text));
  return Object.entries(value).flatMap(([key, inner]: [string, Setting]) => {
    const setting = `${path}.${key}`;
    if (readMember !== undefined) return secretsIn(inner, setting, (text) => readMember(key, text));
    return findSecrets({ type, name: Array.isArray(value) ? name : key, path: setting }, inner);
  });
}

function secretsIn(value: Setting, setting: string, read: (text: string) => string[]): BackendSecret[] {
  return textsOf(value).flatMap((text) => read(text).map((secret) => ({ setting, secret })));
}

function isListed(type: string, name: string): boolean {
  return EVERYWHERE.includes(name) || listedFor(type).includes(name);
}

function listedFor(type: string): readonly string[] {
  return Object.hasOwn(SECRETS, type) ? (SECRETS[type] ?? []) : [];
}

function textsOf(value: Setting): string[] {
  if (value === null) return [];
  return typeof value === 'object' ? Object.values(value).flatMap(textsOf) : [String(value)];
}

function readText({ type, name }: Place, text: string): string[] {
  if (isListed(type, name)) return [...(READERS.get(name)?.(text) ?? [text]), ...ofAddress(text)];
  if (HARMLESS.has(name)) return ofAddress(text);
  // Terraform shows the line of an argument that it does not know.
  return [
    ...(isMisspelt(type, name) && !isPath(text) ? [text] : []),
    ...ofAddress(text),
    ...ofArgument(text),
  ];
}

/** Whether a name is meant for a secret one: its letters in another order, or one more, less or other. */
function isMisspelt(type: string, name: string): boolean {
  const near = suggest(name, [...listedFor(type), ...EVERYWHERE]);
  return near !== undefined && Math.abs(near.length - name.length) <= 2;
}

/** What has more in it than the secret. */
const READERS: ReadonlyMap<string, (text: string) => string[]> = new Map([
  ['conn_str', ofConnection],
  ['http_auth', (text) => [text, ...(/^[^:]*:(.+)$/s.exec(text)?.slice(1) ?? [])]],
  ['credentials', ofGoogleCredentials],
  ['encryption_key', (text) => (isPath(text) ? [] : [text])],
  ['cookie', ofCookie],
  ['headers', ofHeader],
]);

/** libpq's two forms: an address, or `host=… password='…'` (PostgreSQL's documentation, "Connection Strings"). */
function ofConnection(text: string): string[] {
  if (text.includes('://')) return [];
  const words = text.matchAll(
    /(?:password|passwd|secret|token)\s*=\s*('(?:\\.|[^'\\])*'?|(?:\\.|[^\s\\])+)/gi,
  );
  return [...words].flatMap(([, value = '']) => {
    const bare = value.replace(/^'|'$/g, '');
    return [...new Set([bare, bare.replace(/\\(.)/gs, '$1')])];
  });
}

/** The path of a file, or the JSON of a service account, in which little is secret. */
function ofGoogleCredentials(text: string): string[] {
  if (isPath(text)) return [];
  try {
    return ofJson(JSON.parse(text));
  } catch {
    return [text];
  }
}

const SECRET_FIELDS =
  /^(?:private_key|private_key_id|client_secret|refresh_token|access_token|token|password|headers)$/;

function ofJson(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    SECRET_FIELDS.test(name) ? textsOf(inner as Setting) : ofJson(inner),
  );
}

/** A header's value, without the scheme that it begins with; of `Basic`, the password by itself. */
function ofHeader(text: string): string[] {
  const credential = /^[\w-]+:?\s+(\S.*)$/s.exec(text)?.[1] ?? text;
  const password = /^basic\s/i.test(text)
    ? /^[^:]*:(.+)$/s.exec(Buffer.from(credential, 'base64').toString('utf8'))?.[1]
    : undefined;
  return [credential, ...(password === undefined ? [] : [password])];
}

function ofCookie(text: string): string[] {
  return text.split(/;\s*/).map((pair) => pair.slice(pair.indexOf('=') + 1));
}

/** Whether an environment variable of this name usually holds a secret. */
const SECRET_VARIABLE =
  /(?:TOKEN|SECRET|SECRET_KEY|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|ACCESS_?KEY|PRIVATE_KEY|CREDENTIALS?|AUTH)$/i;

/** Of settings that are objects: the headers of a call, and the variables of a program, each by its name. */
const READERS_OF_MEMBERS: ReadonlyMap<string, (name: string, text: string) => string[]> = new Map([
  [
    'headers',
    (name, text) =>
      HARMLESS_HEADER.test(name) ? [] : /^cookie$/i.test(name) ? ofCookie(text) : ofHeader(text),
  ],
  ['env', (name, text) => (SECRET_VARIABLE.test(name) || looksRandom(text) ? [text] : [])],
]);

const HARMLESS_HEADER = /^(?:content-type|accept|user-agent|host|cache-control)$/i;

/** `--token=…`, or a text that can be nothing else. */
function ofArgument(text: string): string[] {
  const value = /^-{1,2}[\w-]*(?:token|secret|password|key)=(.+)$/is.exec(text)?.[1];
  return value === undefined ? [] : [value];
}

/**
 * What an address may carry: a password before the host, and secrets in the query. It is not parsed as an address, because
 * a mistake in it must not show them: after a password with `@`, `/` or `:` in it, each place where it may end is tried.
 */
export function ofAddress(text: string): string[] {
  const [, user = '', rest = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^\s/?#@:]*)([^]*)$/i.exec(text) ?? [];
  const ofUser = rest.startsWith('@') && looksRandom(user) ? [user] : [];
  const passwords = rest.startsWith(':') ? passwordsOf(rest.slice(1)) : [];
  return [...ofUser, ...passwords, ...ofQuery(text)].flatMap((secret) => [secret, ...decoded(secret)]);
}

/** So many places are tried; what ends at a later one is known by its pieces. */
const MOST_ENDS = 50;

function passwordsOf(rest: string): string[] {
  const last = rest.lastIndexOf('@');
  if (last < 0) return [];
  // What stands before a sign that ends a host, a path or a query is quoted by itself.
  const ends = [...rest.slice(0, last).matchAll(/[@/?#]/g)].slice(0, MOST_ENDS).map(({ index }) => index);
  return [...ends, last].map((end) => rest.slice(0, end));
}

const SECRET_PARAMETER =
  /token|secret|passw|passphrase|api_?key|access_?key|auth|credential|signature|^sig$|^code$|^key$|^pass$|^pwd$/i;

function ofQuery(text: string): string[] {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return [];
  const pairs = text.matchAll(/[?&;]([^=&;\s?#]+)=([^&;\s#]+)/g);
  return [...pairs].flatMap(([, name = '', value = '']) =>
    SECRET_PARAMETER.test(name) || looksRandom(value) ? [value] : [],
  );
}

function decoded(text: string): string[] {
  try {
    const plain = decodeURIComponent(text);
    return plain === text ? [] : [plain];
  } catch {
    return [];
  }
}

function isPath(text: string): boolean {
  const isKey = /^[A-Za-z0-9+/]{43}=$/.test(text);
  return (
    !isKey && !text.includes('\n') && /^(?:~|\.{0,2}[/\\]|[A-Za-z]:[\\/])|\.(?:json|pem|key)$/.test(text)
  );
}

/** Whether a text can hardly be anything but a key or a token: long, and of letters and digits without an order. */
export function looksRandom(text: string): boolean {
  return (
    [...text.matchAll(/[A-Za-z0-9+/=_-]{16,}/g)].some(([run]) => isMixed(run)) ||
    /(?<![0-9a-f])(?=[a-f]*\d)[0-9a-f]{32,}(?![0-9a-f])/i.test(text)
  );
}

/** Has small and capital letters and digits from where 16 characters stand together without a slash or a hyphen. */
function isMixed(run: string): boolean {
  const start = run.search(/[A-Za-z0-9+=_]{16}/);
  const rest = start < 0 ? '' : run.slice(start);
  return /[a-z]/.test(rest) && /[A-Z]/.test(rest) && /\d/.test(rest);
}
