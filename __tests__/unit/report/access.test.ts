import { describe, expect, test } from 'vitest';
import { FULL } from '../../../src/report/markdown.js';
import { renderAccess } from '../../../src/report/sections/access.js';
import { diffAccess } from '../../../src/plan/access.js';
import { ACCOUNT, policyOf, ROOT_POLICY, statement, updatePolicy, type Json } from '../plan/raw-plan.js';

const PLAN = { findings: [], digest: '', text: '' };
const KNOWN = '111122223333';
const STRANGE = '444455556666';
const LEAST = { ...FULL, rows: 2, values: 1, text: 200 };

const use = (...AWS: string[]): Json => statement({ Principal: { AWS }, Action: 'kms:Decrypt' });
const roles = (account: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `arn:aws:iam::${account}:role/r${at}`);

/** The table's rows, in order. */
function rowsOf(before: Json[], after: Json[]): string[] {
  const model = updatePolicy(policyOf(statement(), ...before), policyOf(statement(), ...after));
  const text = renderAccess({ ...PLAN, model, access: diffAccess(model) }, ACCOUNT).at(LEAST);
  return text.split('\n').filter((line) => /^\| [➕➖⛔]/u.test(line));
}

describe('who gains access', () => {
  test('names the one role of a new account beside sixty of a known one', () => {
    const names = [...roles(KNOWN, 60), ...roles(STRANGE, 1)];
    const [first, second] = rowsOf([use(KNOWN)], [use(KNOWN), use(...names)]);
    expect(first).toContain(`**Role** \`r0\`<br>of account \`${STRANGE}\``);
    expect(first).not.toContain(KNOWN);
    expect(second).toContain('and 59 more');
  });

  test('names every stranger, however little room there is', () => {
    const [first] = rowsOf([], [use(...roles(STRANGE, 40))]);
    for (const role of roles(STRANGE, 40)) expect(first).toContain(`\`${role.replace(/.*\//, '')}\``);
  });

  test('shows strangers before what others gain, and all of their rows', () => {
    const strange = ['kms:Sign', 'kms:Verify', 'kms:Encrypt'].map((Action) =>
      statement({
        Principal: { Service: 'a.amazonaws.com' },
        Action,
        Condition: { Bool: { 'aws:x': Action } },
      }),
    );
    const rows = rowsOf([], [use(...roles(ACCOUNT, 1)), ...strange]);
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row).toContain('**AWS service** `a.amazonaws.com`');
  });

  test.each<[string, Json]>([
    ['everybody', use('*')],
    ['a service', statement({ Principal: { Service: 'a.amazonaws.com' }, Action: 'kms:Decrypt' })],
    ['a provider', statement({ Principal: { Federated: 'a.example.com' }, Action: 'kms:Decrypt' })],
    [
      'all but some',
      statement({ Principal: undefined, NotPrincipal: { AWS: KNOWN }, Action: 'kms:Decrypt' }),
    ],
    ['a new account', use(STRANGE)],
  ])('counts as a stranger: %s', (_, planned) => {
    const model = updatePolicy(policyOf(statement(), use(KNOWN)), policyOf(statement(), use(KNOWN), planned));
    expect(diffAccess(model)).toMatchObject([{ direction: 'gains', stranger: true }]);
  });

  test.each<[string, Json]>([
    ['the own account', use(`arn:aws:iam::${ACCOUNT}:role/a`)],
    ['an account that has access', use(`arn:aws:iam::${KNOWN}:role/a`)],
  ])('does not count as a stranger: %s', (_, planned) => {
    const model = updatePolicy(policyOf(statement(), use(KNOWN)), policyOf(statement(), use(KNOWN), planned));
    expect(diffAccess(model)).toMatchObject([{ direction: 'gains', stranger: false }]);
  });

  test('is nobody whose role was deleted', () => {
    const deleted = policyOf(statement(), use('AROAJQABLZS4A3QDU576Q'));
    expect(diffAccess(updatePolicy(deleted, ROOT_POLICY))).toEqual([]);
  });
});
