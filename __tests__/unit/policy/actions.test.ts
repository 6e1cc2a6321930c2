import * as kms from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { KMS_ACTIONS, matchesAction, spellAction } from '../../../src/policy/actions.js';

test.each([
  ['*', '*'],
  ['KMS:DECRYPT', 'kms:Decrypt'],
  ['kms:reencrypt*', 'kms:ReEncrypt*'],
  ['kms:GENERATEDATAKEYPAIR*', 'kms:GenerateDataKeyPair*'],
  ['kms:*grant', 'kms:*grant'],
  ['KMS:Teleport', 'kms:teleport'],
  ['s3:GetObject', 's3:GetObject'],
])('%s is spelled %s', (given, spelled) => {
  expect(spellAction(given)).toBe(spelled);
});

test.each([
  ['kms:Put*', 'kms:PutKeyPolicy', true],
  ['kms:put?eypolicy', 'kms:PutKeyPolicy', true],
  ['kms:Put', 'kms:PutKeyPolicy', false],
  ['kms.PutKeyPolicy', 'kms:PutKeyPolicy', false],
  ['k***y', 'kms:PutKeyPolicy', true],
  ['(kms:PutKeyPolicy', 'kms:PutKeyPolicy', false],
  ['*', 'kms:PutKeyPolicy', true],
])('the pattern %s on %s: %s', (pattern, text, matches) => {
  expect(matchesAction(pattern, text)).toBe(matches);
});

test('every action of KMS is there once, and spelled as it is written', () => {
  expect(new Set(KMS_ACTIONS).size).toBe(KMS_ACTIONS.length);
  expect(KMS_ACTIONS.map((action) => spellAction(action.toLowerCase()))).toEqual(KMS_ACTIONS);
});

test('the actions of KMS are the operations of its API, but for two of ReEncrypt and one that only IAM knows', () => {
  const operations = Object.keys(kms).flatMap((name) => /^([A-Z]\w+)Command$/.exec(name)?.[1] ?? []);
  const own = ['ReEncryptFrom', 'ReEncryptTo', 'SynchronizeMultiRegionKey'];
  const expected = [...operations.filter((name) => name !== 'ReEncrypt'), ...own];
  expect([...KMS_ACTIONS].sort()).toEqual(expected.map((name) => `kms:${name}`).sort());
});
