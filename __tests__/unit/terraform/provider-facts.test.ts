import { describe, expect, test } from 'vitest';
import { refuseUnknownArguments } from '../../../src/terraform/prepare.js';
import { read } from '../../support/inputs.js';

type Given = Readonly<Record<string, string>>;

/**
 * What a version of the provider has to be for an input, and where that is from. `run`: real versions on both sides of the
 * border were asked (`npm run test:providers`), or the real 5.100.0 before a border that only later versions can be past.
 * `changelog`: the provider's changelog says where between two versions that were asked the border is, or alone says so.
 */
const FACTS: readonly (readonly [Given, string, string, 'run' | 'changelog'])[] = [
  [{ 'rotation-period-in-days': '180' }, '5.48.0', '5.49.0', 'changelog'],
  [{ 'key-spec': 'HMAC_256' }, '3.70.0', '3.76.1', 'run'],
  [{ 'key-spec': 'HMAC_512' }, '3.70.0', '3.76.1', 'run'],
  [{ 'key-spec': 'HMAC_256' }, '4.12.0', '4.12.1', 'changelog'],
  [{ 'key-spec': 'HMAC_512' }, '4.12.0', '4.12.1', 'changelog'],
  [
    { 'key-spec': 'SM2', 'primary-region': 'cn-north-1', 'replica-regions': 'cn-northwest-1' },
    '3.70.0',
    '3.76.1',
    'run',
  ],
  [{ 'key-spec': 'ML_DSA_44' }, '5.100.0', '6.2.0', 'run'],
  [{ 'key-spec': 'ECC_NIST_EDWARDS25519' }, '5.100.0', '6.21.0', 'run'],
  [
    { 'primary-region': 'eusc-de-east-1', 'replica-regions': 'eusc-de-east-2' },
    '5.100.0',
    '6.16.0',
    'changelog',
  ],
];

const count = (evidence: string): number => FACTS.filter((fact) => fact[3] === evidence).length;
process.stderr.write(
  `Provider versions: ${count('run')} facts were asked of real versions, ${count('changelog')} have their border from the changelog; no 6.x was run.\n`,
);

describe('what the chosen version does not know is refused by name', () => {
  test.each(FACTS)('%j: not by %s, but by %s (%s)', (changed, before, since) => {
    const given = read({ 'account-ids': '', ...changed });
    expect(() => {
      refuseUnknownArguments(given, before);
    }).toThrow(`needs version ${since} of the AWS provider`);
    expect(() => {
      refuseUnknownArguments(given, since);
    }).not.toThrow();
  });
});
