import { expect, test } from 'vitest';
import { readArguments } from '../../../testing/run-workflow.js';

const NEEDED = ['examples/drift.yml', '--emulator', 'http://127.0.0.1:4566/', '--event', 'schedule'];

test('reads a file, an emulator and an event', () => {
  expect(readArguments(NEEDED)).toEqual({
    file: 'examples/drift.yml',
    emulator: 'http://127.0.0.1:4566',
    event: 'schedule',
    approves: true,
    inputs: {},
  });
});

test('reads the pull request, inputs with equals signs in them, and reviewers who refuse', () => {
  expect(
    readArguments([...NEEDED, '--pull-request', '7', '--input', 'alias=a=b', '--input', 'x=', '--reject']),
  ).toMatchObject({ pullRequest: 7, inputs: { alias: 'a=b', x: '' }, approves: false });
});

test.each([
  [[], /one workflow file/],
  [[...NEEDED, 'another.yml'], /one workflow file/],
  [['examples/drift.yml'], /--emulator and --event/],
  [[...NEEDED, '--pull-request', '0'], /not "0"/],
  [[...NEEDED, '--input', 'alias'], /NAME=VALUE, not "alias"/],
  [[...NEEDED, '--evnt', 'x'], /--evnt/],
])('refuses %j in words', (args, message) => {
  expect(() => readArguments(args)).toThrow(message);
});
