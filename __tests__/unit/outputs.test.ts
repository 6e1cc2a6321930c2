import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { createLog } from '../../src/runner/log.js';
import { keyOutputs, type Outputs, resultOf, summariseCounts } from '../../src/outputs.js';
import { serialiseOutputs, writeOutputs } from '../../src/runner/outputs.js';

const ALL: Required<Outputs> = {
  'primary-key-arn': 'arn',
  'key-id': 'mrk-1',
  'replica-key-arns': { b: '2', a: '1' },
  'key-arns': {},
  'alias-arns': {},
  'has-changes': false,
  'plan-summary': 'No changes',
  'to-add': 0,
  'to-change': 0,
  'to-destroy': 0,
  'plan-digest': 'sha256:0',
  'plan-json-path': 'j',
  'plan-text-path': 't',
  'errored-state-path': 'e',
  'comment-url': 'u',
  'report-path': 'r',
  keys: ['b', 'a'],
  'changed-keys': [],
  'key-groups': [['a']],
  'changed-key-groups': [],
  digests: { a: 'sha256:0' },
  result: 'applied',
  drifted: true,
  verified: true,
  'account-id': '012345678901',
  'terraform-version': '1.11.4',
  'aws-provider-version': '5.100.0',
};

test.each([
  [{ outcome: 'applied' }, 'applied'],
  [{ outcome: 'refused' }, 'refused'],
  [{ outcome: 'refused', approval: { approved: true, says: '', gone: [], added: [] } }, 'refused'],
  [{ outcome: 'refused', approval: { approved: false, says: '', gone: [], added: [] } }, 'not-approved'],
  [{ outcome: 'cancelled', approval: { approved: false, says: '', gone: [], added: [] } }, 'cancelled'],
] as const)('the result of %j is %s', (run, result) => {
  expect(resultOf(run)).toBe(result);
});

test('action.yml declares exactly the outputs that a run can set', () => {
  const action = parse(readFileSync('action.yml', 'utf8')) as { outputs: Record<string, unknown> };
  expect(Object.keys(action.outputs)).toEqual(Object.keys(ALL));
});

test('maps become JSON with sorted names, everything else text', () => {
  const written = Object.fromEntries(serialiseOutputs(ALL));
  expect(written).toMatchObject({
    'replica-key-arns': '{"a":"1","b":"2"}',
    'has-changes': 'false',
    'to-add': '0',
  });
});

test('what a configuration knows only after apply stays unset', () => {
  expect(keyOutputs({ account_id: '012345678901', key_arns: undefined })).toEqual({
    'account-id': '012345678901',
  });
});

test('an output that masking would blank is warned about', () => {
  let written = '';
  const log = createLog({
    write: (text) => (written += text),
    toolkit: undefined,
    colour: false,
    newToken: () => 't',
  });
  log.mask('012345678901');
  writeOutputs({ 'account-id': '012345678901', 'to-add': 1 }, log, () => undefined);
  expect(written).toContain('The output account-id contains text that is masked');
  expect(written).not.toContain('to-add');
});

test.each([
  [{ add: 0, change: 0, destroy: 0, import: 0, forget: 0, move: 0 }, false, 'No changes'],
  [
    { add: 1, change: 2, destroy: 3, import: 0, forget: 0, move: 0 },
    true,
    '1 to add, 2 to change, 3 to destroy',
  ],
  [
    { add: 0, change: 0, destroy: 0, import: 1, forget: 0, move: 2 },
    true,
    '1 to import, 2 to move, 0 to add, 0 to change, 0 to destroy',
  ],
])('the plan in one line: %j', (counts, hasChanges, line) => {
  expect(summariseCounts(counts, hasChanges)).toBe(line);
});

test('a secret goes into no output, whatever the warning says', () => {
  const log = createLog({ write: () => undefined, toolkit: undefined, colour: false, newToken: () => 't' });
  log.mask('hunter2-hunter2');
  const set: Record<string, string> = {};
  writeOutputs({ 'plan-text-path': '/tmp/hunter2-hunter2/plan.txt', 'to-add': 1 }, log, (name, value) => {
    set[name] = value;
  });
  expect(set).toEqual({ 'plan-text-path': '/tmp/***/plan.txt', 'to-add': '1' });
});
