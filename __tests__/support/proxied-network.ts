import {
  createServer,
  request as httpRequest,
  STATUS_CODES,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { makeCertificate } from './certificate.js';
import { listen } from './loopback.js';
import { tempFolder } from './temp-folder.js';

/** A call as the proxy got it. */
export interface ProxiedCall {
  /** `CONNECT`, or the method of a plain http call in absolute form. */
  readonly method: string;
  readonly host: string;
  readonly status: number;
}

/** A call as the host behind the proxy got it. */
export interface ServedCall {
  readonly host: string;
  readonly agent: string;
}

export interface ProxiedNetwork {
  /** `127.0.0.1:PORT` of the proxy. */
  readonly proxy: string;
  /** The PEM file that makes the hosts behind the proxy trusted. */
  readonly certificateFile: string;
  readonly calls: ProxiedCall[];
  readonly served: ServedCall[];
  /** What the proxy wants before it connects anybody. */
  password: { readonly user: string; readonly secret: string } | undefined;
  /** Hosts that the proxy connects nobody to. */
  readonly refused: Set<string>;
  stop(): Promise<void>;
}

/**
 * A network whose hosts only its proxy can reach: names under `example.test` that no resolver knows. The proxy tunnels to
 * them by CONNECT, and takes plain http calls in absolute form; behind it, TLS ends in a server with a certificate of its own.
 * @param upstream which server on loopback a host is, e.g. `http://127.0.0.1:1234`
 */
export async function startProxiedNetwork(upstream: (host: string) => string): Promise<ProxiedNetwork> {
  const certificate = makeCertificate(['*.example.test', '*.s3.example.test']);
  const certificateFile = path.join(tempFolder('certificate'), 'ca.pem');
  await writeFile(certificateFile, certificate.cert);
  const served: ServedCall[] = [];
  const calls: ProxiedCall[] = [];
  const serve = (request: IncomingMessage, response: ServerResponse, target: string): void => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    served.push({ host, agent: request.headers['user-agent'] ?? '' });
    forward(request, response, new URL(target, upstream(host)));
  };
  const tls = createTlsServer(certificate, (request, response) => {
    serve(request, response, request.url ?? '/');
  });
  /** Behind a tunnel to port 80, as the toolkit makes it for plain http, too. */
  const plain = createServer((request, response) => {
    serve(request, response, request.url ?? '/');
  });
  const network = { calls, served, certificateFile, password: undefined, refused: new Set<string>() };
  const admit = (method: string, host: string, authorization: string | undefined): number => {
    const { password, refused } = network as Pick<ProxiedNetwork, 'password' | 'refused'>;
    const expected =
      password && `Basic ${Buffer.from(`${password.user}:${password.secret}`).toString('base64')}`;
    const status = expected !== undefined && authorization !== expected ? 407 : refused.has(host) ? 403 : 200;
    calls.push({ method, host, status });
    return status;
  };
  const proxy = createServer((request, response) => {
    const url = new URL(request.url ?? '');
    const status = admit(request.method ?? '', url.hostname, request.headers['proxy-authorization']);
    if (status === 200) serve(request, response, `${url.pathname}${url.search}`);
    else response.writeHead(status).end('<html>the proxy says no</html>');
  });
  proxy.on('connect', (request: IncomingMessage, client: Duplex) => {
    const host = (request.url ?? '').replace(/:\d+$/, '');
    const status = admit('CONNECT', host, request.headers['proxy-authorization']);
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ncontent-length: 2\r\n\r\nno`);
      return;
    }
    const behind = request.url?.endsWith(':80') === true ? plain : tls;
    const { port } = behind.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(client).pipe(socket);
    });
    socket.on('error', () => client.destroy());
    client.on('error', () => socket.destroy());
  });
  // A tunnel is no connection of its server's any more, so nothing but this ends it.
  const sockets = new Set<Duplex>();
  for (const server of [proxy, tls, plain]) {
    server.on('connection', (socket: Duplex) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
  }
  const [port] = await Promise.all([proxy, tls, plain].map(listen));
  return Object.assign(network, {
    proxy: `127.0.0.1:${port}`,
    stop: async () => {
      sockets.forEach((socket) => socket.destroy());
      for (const server of [proxy, tls, plain]) {
        await new Promise((resolve) => server.close(resolve));
      }
    },
  });
}

function forward(request: IncomingMessage, response: ServerResponse, to: URL): void {
  const { method, headers } = request;
  const onward = httpRequest(to, { ...(method === undefined ? {} : { method }), headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
