import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** What serves one request; the GitHub half of the emulator is mounted as one of these. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A request whose body has been read. */
export interface HttpRequest {
  readonly method: string;
  /** The path as it came, still percent-encoded: the signature is made over this form. */
  readonly path: string;
  /** The query as it came, without its question mark. */
  readonly rawQuery: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The client's IP address. */
  readonly remoteAddress: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/** No call that the emulator knows carries more; a body beyond this is cut off by closing the connection. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * Reads a request to its end.
 * @throws Error when the body is larger than 64 MiB or the client goes away
 */
export async function readRequest(incoming: IncomingMessage): Promise<HttpRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error(`The request is larger than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  const [path, rawQuery = ''] = splitOnce(incoming.url ?? '/', '?');
  return {
    method: incoming.method ?? 'GET',
    path,
    rawQuery,
    query: new URLSearchParams(rawQuery),
    headers: incoming.headers,
    body: Buffer.concat(chunks),
    // IPv4 addresses on an IPv6 socket have a prefix.
    remoteAddress: (incoming.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, ''),
  };
}

/** Sends an answer; a HEAD request gets its headers alone. */
export function sendResponse(response: ServerResponse, answer: HttpResponse): void {
  const body = Buffer.isBuffer(answer.body) ? answer.body : Buffer.from(answer.body);
  response.writeHead(answer.status, { 'content-length': String(body.length), ...answer.headers });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** One header's value, or undefined; a repeated header is joined as HTTP joins it. */
export function headerOf(request: Pick<HttpRequest, 'headers'>, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Splits at the first separator; the second part is undefined when there is none. */
export function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
