import { describe, expect, test } from '@jest/globals';
import { refuseUnknownArguments } from '../../../src/terraform/prepare.js';
import { read } from '../../support/inputs.js';

type Given = Readonly<Record<string, string>>;

/**
 * What a version of the provider has to be for an input, and where that is from. `run`: the end-to-end tests try it with
 * the real 5.100.0, from that side of the border which it is on. `changelog`: the provider's changelog alone says so,
 * because no other version can be had where this suite was written.
 */
const FACTS: readonly (readonly [Given, string, string, 'run' | 'changelog'])[] = [
  [{ 'rotation-period-in-days': '180' }, '5.48.0', '5.49.0', 'changelog'],
  [{ 'key-spec': 'HMAC_256' }, '4.12.0', '4.12.1', 'changelog'],
  [{ 'key-spec': 'HMAC_512' }, '4.12.0', '4.12.1', 'changelog'],
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
  `Provider versions: ${count('run')} facts were tried with 5.100.0, ${count('changelog')} rest on the changelog alone; no version before 5.100.0 and no 6.x was run.\n`,
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
