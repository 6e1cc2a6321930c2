import { messageOf } from '../errors.js';
import { proxyFor, showProxy } from './proxy.js';

/** Why a call got no answer from the host that it was for, as far as it can be told from what was thrown. */
export interface BrokenConnection {
  readonly kind: 'proxy' | 'certificate' | 'network';
  /** A clause, e.g. `the proxy http://proxy:3128 could not be reached (ECONNREFUSED)`; without credentials. */
  readonly what: string;
  /** What to do next, as a whole sentence. */
  readonly next: string;
  /** Whether the same call may succeed a moment later. */
  readonly transient: boolean;
}

/** libuv's and the resolver's codes for a connection that was never made: through a proxy, one to the proxy. */
const NOT_MADE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);
/** Those for one that broke; the UND_ERR ones are undici's, of which fetch is made. */
const BROKEN = new Set([
  ...['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ERR_SOCKET_CLOSED', 'ERR_STREAM_PREMATURE_CLOSE'],
  ...['UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'],
]);
/** Node's codes for a certificate that it does not trust (its documentation of TLS, "X509 certificate error codes"). */
const CERTIFICATE =
  /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_|INVALID_CA$|HOSTNAME_MISMATCH$)/;
/** The same in OpenSSL's words, which are all that is left where a library keeps no code. */
const CERTIFICATE_WORDS =
  /self-signed certificate|unable to (?:verify|get)[^\n]*certificate|certificate has expired/;
const ANY_CODE =
  /\b(?:E[A-Z]{4,}|EAI_AGAIN|(?:CERT|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)_[A-Z_]+|UND_ERR_[A-Z_]+)\b/g;

/** What the libraries say of a proxy that answered CONNECT with a refusal: `tunnel` (of http-client), and undici. */
const TUNNEL_STATUS = /tunneling socket could not be established, statusCode=(\d+)|Proxy response \((\d+)\)/;

/** A proxy that answered, and does not let the call through. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';
  constructor(readonly status: number) {
    super(`Proxy response (${status})`);
  }
}

/**
 * Tells whether a call failed on its way, and where: only the codes of networks and certificates count, and what proxies
 * answer. Everything else (a wrong setting, a missing home folder, an answer of the host) is no broken connection.
 * @param thrown what the call threw; its causes are looked at, too
 * @param url where the call went
 */
export function explainConnection(thrown: unknown, url: URL): BrokenConnection | undefined {
  const texts = chainOf(thrown).map((error) => ({ code: codeOf(error), message: messageOf(error) }));
  const proxy = proxyFor(url);
  const status = texts.map(({ message }) => TUNNEL_STATUS.exec(message)).find((match) => match !== null);
  if (status !== undefined && proxy !== undefined) {
    return refusedBy(proxy, url, Number(status[1] ?? status[2]));
  }
  const codes = texts.flatMap(({ code, message }) => [...(message.match(ANY_CODE) ?? []), code]);
  const certificate =
    codes.find((code) => CERTIFICATE.test(code)) ??
    texts.map(({ message }) => CERTIFICATE_WORDS.exec(message)?.[0]).find((words) => words !== undefined);
  if (certificate !== undefined) return untrusted(url, certificate);
  const notMade = codes.find((code) => NOT_MADE.has(code));
  const code = notMade ?? codes.find((each) => BROKEN.has(each)) ?? wordsOf(texts);
  if (code === undefined) return undefined;
  if (notMade !== undefined && proxy !== undefined) return proxyUnreachable(proxy, notMade);
  const through = proxy === undefined ? '' : ` through the proxy ${showProxy(proxy)}`;
  return {
    kind: 'network',
    what: `the connection${through} failed with ${code}`,
    next: 'Run the job again; if it stays so, check the network of the runner.',
    transient: true,
  };
}

/** An error and what caused it, outermost first. */
function chainOf(thrown: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let each = thrown; each !== undefined && chain.length < 10;) {
    chain.push(each);
    each = each instanceof Error ? each.cause : undefined;
  }
  return chain.flatMap((each) =>
    each instanceof AggregateError ? [each, ...(each.errors as unknown[])] : [each],
  );
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : '';
}

/** The libraries' own words, where they leave the code out: an answer that did not come in time, a socket that was closed. */
function wordsOf(texts: readonly { message: string }[]): string | undefined {
  if (texts.some(({ message }) => /\bsocket hang up\b/i.test(message))) return 'ECONNRESET';
  return texts.some(({ message }) => /\b(timeout|timed out)\b/i.test(message)) ? 'a timeout' : undefined;
}

function proxyUnreachable(proxy: string, code: string): BrokenConnection {
  return {
    kind: 'proxy',
    what: `the proxy ${showProxy(proxy)} could not be reached (${code})`,
    next: 'Check `https_proxy` (for plain http `http_proxy`) in the job’s environment and that the proxy runs; `no_proxy` names the hosts that need none.',
    transient: true,
  };
}

function refusedBy(proxy: string, url: URL, status: number): BrokenConnection {
  const { username } = new URL(proxy);
  const target = `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
  const asks =
    username === ''
      ? 'asks for a user and a password'
      : 'does not accept the user and password of `https_proxy`';
  const [reason, next] =
    status === 407
      ? [
          asks,
          'Set `https_proxy` to http://USER:PASSWORD@HOST:PORT from a secret, with special characters percent-encoded.',
        ]
      : [
          `does not let this runner connect to ${target}`,
          `Have the proxy allow ${target}, or name the host in \`no_proxy\` if it can be reached without.`,
        ];
  const what = `the proxy ${showProxy(proxy)} ${reason} (it answered ${status})`;
  return { kind: 'proxy', what, next, transient: status >= 500 || status === 429 };
}

function untrusted(url: URL, code: string): BrokenConnection {
  return {
    kind: 'certificate',
    what: `the certificate of ${url.host} is not trusted (${code})`,
    next: 'If a proxy looks into the traffic, set NODE_EXTRA_CA_CERTS to the PEM file of its CA.',
    transient: false,
  };
}
