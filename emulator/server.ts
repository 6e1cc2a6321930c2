import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Handler } from './http.js';

/** The part of the path under which everything that is not AWS lives. */
export const GITHUB_PREFIX = '/_github/';

/** The part of the path under which people and scripts tell the emulator what happens. */
export const CONTROL_PREFIX = '/_emulator/';

export interface ServerOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly aws: Handler;
  readonly github: Handler;
  readonly control: Handler;
}

export interface RunningServer {
  readonly port: number;
  /** Ends every connection, those that were never answered too. */
  stop(): Promise<void>;
}

/**
 * Listens on 127.0.0.1, and nowhere else.
 * @throws Error when the port is taken
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = createServer((request, response) => {
    void serve(options, request, response);
  });
  // Terraform's provider keeps connections open between calls that are far apart.
  server.keepAliveTimeout = 120_000;
  server.requestTimeout = 0;
  await listen(server, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => close(server),
  };
}

async function serve(
  options: ServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const handler = handlerOf(options, request.url ?? '/');
  try {
    await handler(request, response);
  } catch {
    // The client went away in the middle, or sent what is no request.
    response.destroy();
  }
}

function handlerOf({ aws, github, control }: ServerOptions, url: string): Handler {
  if (url.startsWith(GITHUB_PREFIX)) return github;
  return url.startsWith(CONTROL_PREFIX) ? control : aws;
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.close((error) => {
      if (error === undefined) resolve();
      else reject(error);
    });
    server.closeAllConnections();
  });
}
