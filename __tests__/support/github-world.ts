import { createServer } from 'node:http';

import {
  createGitHub,
  DEFAULT_GITHUB_TOKEN,
  type GitHub,
  type GitHubOptions,
} from '../../emulator/github/index.js';
import type { Clock } from '../../src/deps.js';
import { createGitHubClient, type GitHubClient, type GitHubClientOptions } from '../../src/github/client.js';
import { close, listen } from './loopback.js';

/** A clock that passes a wait at once and keeps how long it was. */
export interface FakeClock extends Clock {
  readonly waits: number[];
}

export function makeClock(start = Date.UTC(2026, 10, 1)): FakeClock {
  const waits: number[] = [];
  let now = start;
  return {
    waits,
    now: () => now,
    sleep: (milliseconds, signal) => {
      signal?.throwIfAborted();
      waits.push(milliseconds);
      now += milliseconds;
      return Promise.resolve();
    },
  };
}

/** The GitHub emulator behind a server on loopback, with the calls that it got. */
export interface GitHubWorld {
  readonly github: GitHub;
  readonly clock: FakeClock;
  readonly origin: string;
  /** `action status`, in order. */
  readonly calls: string[];
  readonly logged: string[];
  client(options?: Partial<GitHubClientOptions>): Promise<GitHubClient>;
  stop(): Promise<void>;
}

export async function startGitHub(options: GitHubOptions = {}): Promise<GitHubWorld> {
  const clock = makeClock();
  const calls: string[] = [];
  const logged: string[] = [];
  const onCall: NonNullable<GitHubOptions['onCall']> = ({ action, status }) =>
    calls.push(`${action} ${status}`);
  const github = createGitHub({ now: () => clock.now(), onCall, ...options });
  const server = createServer((request, response) => {
    github.handler(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  const origin = `http://127.0.0.1:${await listen(server)}`;
  github.setBaseUrl(origin);
  const log = {
    info: (line: string) => logged.push(line),
    debug: (line: string) => logged.push(line),
  };
  return {
    github,
    clock,
    origin,
    calls,
    logged,
    client: (more = {}) => {
      const { GITHUB_API_URL: apiUrl, GITHUB_GRAPHQL_URL: graphqlUrl } = github.env();
      return createGitHubClient({
        token: DEFAULT_GITHUB_TOKEN,
        apiUrl,
        graphqlUrl,
        clock,
        log,
        secondMs: 1,
        ...more,
      });
    },
    stop: () => close(server),
  };
}
