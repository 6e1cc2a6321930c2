import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startEmulator, type Emulator, type Fault } from '../../../emulator/index.js';
import { clientsOf } from '../../support/emulated-session.js';
import { findSilentRegions, type SilentRegion } from '../../../src/aws/silent-regions.js';
import { close, listen } from '../../support/loopback.js';
import { messageOf } from '../../../src/errors.js';

const [A, B, C] = ['eu-west-1', 'eu-central-1', 'eu-north-1'];

let emulator: Emulator;
const environment = { ...process.env };
beforeEach(async () => {
  emulator = await startEmulator({ region: A });
  process.env['AWS_ENDPOINT_URL'] = emulator.url;
});
afterEach(async () => {
  process.env = { ...environment };
  await emulator.stop();
});

async function ask(limitMs = 8_000, signal = new AbortController().signal): Promise<SilentRegion[]> {
  return findSilentRegions({
    regions: [A, B, C],
    alias: 'alias/orders',
    clients: await clientsOf(emulator),
    env: process.env,
    signal,
    limitMs,
  });
}

const inB = (effect: Fault['effect']): void => {
  emulator.faults.add({ match: { region: B }, effect });
};

test('an answer is an answer, whatever it says: a key that is not there, a refusal, an error of the server', async () => {
  expect(await ask()).toEqual([]);
  inB({ type: 'access-denied' });
  expect(await ask()).toEqual([]);
  emulator.faults.clear();
  inB({ type: 'disabled-region' });
  expect(await ask()).toEqual([]);
  emulator.faults.clear();
  inB({ type: 'unavailable' });
  expect(await ask()).toEqual([]);
});

test('a Region that takes the connection and says nothing is told when the time is up', async () => {
  inB({ type: 'timeout' });
  const started = Date.now();
  expect(await ask(3_000)).toEqual([{ region: B, because: 'no answer within 3 s', next: undefined }]);
  // On a machine with other work the two Regions that answer need time, too.
  expect(Date.now() - started).toBeLessThan(30_000);
});

test('a Region that breaks every connection is told with the code', async () => {
  inB({ type: 'reset' });
  expect(await ask()).toEqual([
    { region: B, because: expect.stringMatching(/^the connection failed with E/), next: undefined },
  ]);
});

test('one answer that was lost is no silence', async () => {
  emulator.faults.add({ match: { region: B, count: 1 }, effect: { type: 'reset' } });
  expect(await ask()).toEqual([]);
});

test('a refusal by a proxy comes with what to do about the proxy', async () => {
  const proxy = createServer((_, response) => response.writeHead(407).end());
  process.env['http_proxy'] = `http://127.0.0.1:${await listen(proxy)}`;
  process.env['AWS_ENDPOINT_URL'] = 'http://kms.example:8080';
  try {
    const silent = await ask();
    expect(silent.map(({ region }) => region)).toEqual([A, B, C]);
    expect(silent[0]?.because).toContain('asks for a user and a password');
    expect(silent[0]?.next).toContain('https_proxy');
  } finally {
    await close(proxy);
  }
});

test('a step that is cancelled waits for no Region', async () => {
  inB({ type: 'timeout' });
  const cancelled = new AbortController();
  const asked = ask(60_000, cancelled.signal).catch(messageOf);
  setTimeout(() => {
    cancelled.abort(new Error('the step was cancelled'));
  }, 100);
  expect(await asked).toBe('the step was cancelled');
});
