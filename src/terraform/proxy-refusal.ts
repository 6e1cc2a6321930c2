import { STATUS_CODES } from 'node:http';
import { explainConnection, type BrokenConnection } from '../runner/connection.js';

/** The statuses of refusals by the words that stand for them. */
const STATUS_OF: ReadonlyMap<string, number> = new Map(
  Object.entries(STATUS_CODES).flatMap(([code, words = '']) =>
    Number(code) >= 400 ? [[words, Number(code)]] : [],
  ),
);

const REFUSED = [...STATUS_OF.keys()]
  .map((words) => words.replaceAll(/[^\w ]/g, '\\$&').replaceAll(' ', '\\s+'))
  .join('|');

/**
 * What Go's net/http says where a call did not get past the proxy: of one that could not be reached `proxyconnect tcp`, of one
 * that answered CONNECT with a refusal nothing but the words of the status (`Transport.dialConn`). No answer of a host is
 * told in this form.
 */
const SIGN = new RegExp(
  `\\b(?:Get|Put|Post|Head|Delete)\\s+"(https?://[^"\\s]+)":\\s+(?:(proxyconnect)\\s+tcp:\\s+([^\\n]*)|(${REFUSED})(?=\\W*(?:$|[\\n,])))`,
  'm',
);

/**
 * A call of Terraform, its backend or its provider that did not get past the proxy.
 * @param text what Terraform said
 * @returns the proxy without its password, what it did, and what to do
 */
export function explainProxyRefusal(text: string): BrokenConnection | undefined {
  const [, address = '', unreachable, reason = '', words = ''] = SIGN.exec(text) ?? [];
  if (!URL.canParse(address)) return undefined;
  // Of the proxy itself, where it is called by https: its own words are better than any of ours.
  if (/certificate|x509/.test(reason)) return undefined;
  const status = STATUS_OF.get(words.replaceAll(/\s+/g, ' ')) ?? 0;
  const failure = unreachable === undefined ? `Proxy response (${status})` : codeIn(reason);
  const explained = explainConnection(failure, new URL(address));
  return explained?.kind === 'proxy' ? explained : undefined;
}

/** Node's code for what Go says in words. */
function codeIn(reason: string): string {
  if (/no such host|server misbehaving/.test(reason)) return 'ENOTFOUND';
  return /timeout|deadline/.test(reason) ? 'ETIMEDOUT' : 'ECONNREFUSED';
}
