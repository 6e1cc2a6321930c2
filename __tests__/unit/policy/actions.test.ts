import { expect, test } from '@jest/globals';
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
