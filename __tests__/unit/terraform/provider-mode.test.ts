import { describe, expect, test } from 'vitest';
import semver from 'semver';
import { isSince, onlyProviderModeOf, providerModeOf } from '../../../src/terraform/provider-mode.js';

describe('the way that a provider goes', () => {
  test.each([
    ['3.64.0', 'aliases'],
    ['5.100.0', 'aliases'],
    ['6.0.0', 'region'],
    ['6.63.0', 'region'],
  ])('%s: %s', (version, providerMode) => {
    expect(providerModeOf(version)).toBe(providerMode);
  });

  test.each([
    ['5.100.0', 'aliases'],
    ['= 5.100.0', 'aliases'],
    ['~> 5.90, >= 3.64.0, < 7.0.0', 'aliases'],
    ['~> 5.90.1', 'aliases'],
    ['>= 4.0, < 6.0.0', 'aliases'],
    ['>= 4.0, < 6', 'aliases'],
    ['<= 5.100.0', 'aliases'],
    ['6.63.0', 'region'],
    ['~> 6.0', 'region'],
    ['>= 6.10, < 7.0.0', 'region'],
    ['>= 5.90, < 7.0', undefined],
    ['>= 5.90', undefined],
    ['~> 5', undefined],
    ['>= 5.0, != 6.0.0', undefined],
    ['<= 6.0.0', undefined],
  ])('%s: %s', (constraint, providerMode) => {
    expect(onlyProviderModeOf(constraint)).toBe(providerMode);
  });
});

test.each([
  ['5.100.0', '5.100.0'],
  ['= 5.100.0', '5.100.0'],
  ['~> 5.90', '5.90.0'],
  ['>= 3.64.0, < 6.0.0', '3.64.0'],
  ['< 6.0.0', '0.0.0'],
  ['~>5.1,>=3.64.0', '5.1.0'],
  ['!= 5.1.0, >= 5.0', '5.0.0'],
])('the oldest version of %j is %s', (constraint, oldest) => {
  expect(isSince(constraint, oldest)).toBe(true);
  expect(isSince(constraint, semver.inc(oldest, 'patch') ?? '')).toBe(false);
});
