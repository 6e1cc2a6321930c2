import { createServer, request as send } from 'node:http';
import { close, listen } from './loopback.js';

/** A way to the emulator on which calls of one action wait until they are let go. */
export interface HeldCalls {
  readonly url: string;
  /** Resolves as soon as a call waits. */
  readonly waiting: Promise<void>;
  /** Lets the calls that wait, and all later ones, go on. */
  release(): void;
  stop(): Promise<void>;
}

/**
 * Starts a proxy on loopback before an endpoint of AWS's.
 * @param target in the `X-Amz-Target` header of the calls to hold, e.g. `TrentService.CreateKey`
 */
export async function holdCalls(endpoint: string, target: string): Promise<HeldCalls> {
  let release: () => void = () => undefined;
  const letGo = new Promise<void>((resolve) => (release = resolve));
  let arrived: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => (arrived = resolve));
  const server = createServer((incoming, response) => {
    const pass = (): void => {
      // The host stays the caller's: it is signed.
      const { method, url, headers } = incoming;
      const forwarded = send(new URL(url ?? '/', endpoint), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      forwarded.on('error', () => response.destroy());
      incoming.pipe(forwarded);
    };
    if (incoming.headers['x-amz-target'] !== target) {
      pass();
      return;
    }
    arrived();
    void letGo.then(pass);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    waiting,
    release,
    stop: () => close(server),
  };
}
