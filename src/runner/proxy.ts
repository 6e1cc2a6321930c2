import { getProxyUrl } from '@actions/http-client';
import { ActionError } from '../errors.js';
import type { Environment } from './context.js';

/** Each in the order in which its spellings count: the toolkit takes small letters first, Terraform capital ones. */
const PROXY_VARIABLES = [
  ['https_proxy', 'HTTPS_PROXY'],
  ['http_proxy', 'HTTP_PROXY'],
] as const;
const BYPASS_VARIABLES = ['no_proxy', 'NO_PROXY'] as const;

/** What the environment says of proxies, in the form that GitHub's toolkit and Terraform both understand. */
export interface ProxySettings {
  /** Variables to set anew. */
  readonly normalised: Readonly<Record<string, string>>;
  /** Passwords in them, in every form in which they could be printed. */
  readonly secrets: readonly string[];
}

/**
 * Reads the variables that name proxies.
 *
 * Every call of the action goes by one rule, that of @actions/http-client (`getProxyUrl`): a host that `no_proxy` names, its
 * subdomains, and this machine itself need no proxy. The toolkit ignores a proxy without a scheme (`proxy.corp:3128`), which
 * curl and Terraform take for http, and `*.` before a name in `no_proxy`: both are written out. Where a variable is there in
 * both spellings, the other one is given the value that counts.
 *
 * @throws ActionError for a proxy that no call could go through; its value may hold a password and is not repeated
 */
export function readProxySettings(env: Environment): ProxySettings {
  const normalised: Record<string, string> = {};
  const secrets: string[] = [];
  const setAll = (names: readonly string[], value: string): void => {
    for (const name of names) if ((env[name] ?? '') !== '' && env[name] !== value) normalised[name] = value;
  };
  for (const names of PROXY_VARIABLES) {
    const given = names.filter((name) => (env[name]?.trim() ?? '') !== '');
    const urls = given.map((name) => parseProxy(name, env[name]?.trim() ?? ''));
    secrets.push(...urls.flatMap(passwordForms));
    if (urls[0] !== undefined) setAll(names, urls[0].href);
  }
  const bypass = BYPASS_VARIABLES.map((name) => env[name] ?? '').find((value) => value !== '');
  if (bypass !== undefined) setAll(BYPASS_VARIABLES, bypass.replaceAll(/(^|,)\s*\*(?=\.)/g, '$1'));
  return { normalised, secrets };
}

function parseProxy(name: string, value: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && isDecodable(url)) return url;
  const problem =
    url === undefined
      ? 'is not the address of a proxy'
      : /^https?:$/.test(url.protocol)
        ? 'has a user or password that is not percent-encoded'
        : `names a proxy of the kind ${url.protocol.replace(':', '')}`;
  throw new ActionError({
    what: `The environment variable \`${name}\` ${problem}.`,
    done: 'Nothing was called or installed.',
    next: `Set \`${name}\` to an address like http://proxy.example.com:3128, or http://USER:PASSWORD@proxy.example.com:3128 with special characters percent-encoded (@ is %40).`,
  });
}

function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

/** As it is in the address, as it was meant, and as `Proxy-Authorization` carries it. */
function passwordForms({ username, password }: URL): string[] {
  if (password === '') return [];
  const [user, secret] = [decodeURIComponent(username), decodeURIComponent(password)];
  return [...new Set([password, secret, Buffer.from(`${user}:${secret}`).toString('base64')])];
}

/** The address of the proxy for a URL, with user and password; undefined where the call goes directly. */
export function proxyFor(url: URL): string | undefined {
  const proxy = getProxyUrl(url.href);
  return proxy === '' ? undefined : proxy;
}

/** A proxy's address for messages: without user and password. */
export function showProxy(proxy: string): string {
  const { protocol, host } = new URL(proxy);
  return `${protocol}//${host}`;
}
