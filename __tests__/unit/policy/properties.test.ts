import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { storePolicy } from '../../../emulator/aws/kms/stored-policy.js';
import { parsePolicyInput } from '../../../src/inputs/files.js';
import { canonicalPolicy } from '../../../src/policy/canonical.js';
import type { Policy, Principal } from '../../../src/policy/document.js';
import { decide, type KnownRequest } from '../../../emulator/aws/decide.js';
import type { Value } from '../../../src/policy/condition.js';
import { evaluate } from '../../../src/policy/evaluate.js';
import { judgeControl } from '../../../src/policy/lockout.js';
import { parsePolicy } from '../../../src/policy/parse.js';
import { findOpenings } from '../../../src/policy/strangers.js';
import { runs } from '../../support/runs.js';

const ACCOUNT = '111122223333';
const STRANGE = '999988887777';
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/mrk-1`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/admin`;
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/admin/me`;

const aws = (value: string): Principal => ({ type: 'AWS', value });

/** Values that are equal often enough to hold, and patterns of them. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  'aws:PrincipalArn': [
    ROLE,
    ROOT,
    `arn:aws:iam::${ACCOUNT}:*`,
    'arn:aws:iam::*:role/admin',
    '*',
    '${aws:PrincipalArn}',
  ],
  'kms:CallerAccount': [ACCOUNT, STRANGE, '????????????', '1*', '${aws:PrincipalAccount}', ''],
  'aws:PrincipalAccount': [ACCOUNT, STRANGE, '*'],
  'aws:PrincipalOrgID': ['o-1234567890', 'o-0987654321', 'o-*', ''],
  'aws:PrincipalOrgPaths': ['o-1234567890/r-1/*', 'o-*'],
  'aws:SourceAccount': [ACCOUNT, '*'],
  'aws:SourceArn': [`arn:aws:sns:eu-west-1:${ACCOUNT}:t`, 'arn:aws:s3:::bucket', 'arn:aws:s3:::*'],
  'aws:PrincipalTag/team': ['keys', '*'],
  'aws:SecureTransport': ['true', 'false'],
  'aws:MultiFactorAuthPresent': ['true', 'false'],
  'aws:CurrentTime': ['2020-01-01T00:00:00Z', '2030-01-01T00:00:00Z'],
  'aws:SourceIp': ['203.0.113.0/24', '0.0.0.0/1', '128.0.0.0/1'],
  'kms:ViaService': ['s3.eu-west-1.amazonaws.com', '*'],
};

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  'aws:SecureTransport': ['Bool'],
  'aws:MultiFactorAuthPresent': ['Bool', 'BoolIfExists'],
  'aws:CurrentTime': ['DateLessThan', 'DateGreaterThan'],
  'aws:SourceIp': ['IpAddress', 'NotIpAddress', 'IpAddressIfExists'],
};

const TEXT_OPERATORS = [
  ...['StringEquals', 'StringLike', 'StringNotEquals', 'StringNotLike', 'StringEqualsIfExists', 'ArnLike'],
  ...['ArnNotLike', 'StringEqualsIgnoreCase', 'ForAllValues:StringLike', 'ForAnyValue:StringLike'],
];

const condition = fc
  .constantFrom(...Object.keys(VALUES))
  .chain((key) =>
    fc.record({
      key: fc.constant(key),
      operator: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...(OPERATORS[key] ?? TEXT_OPERATORS)) },
        { weight: 1, arbitrary: fc.constant('Null') },
      ),
      values: fc.uniqueArray(fc.constantFrom(...(VALUES[key] ?? [])), { minLength: 1, maxLength: 2 }),
    }),
  )
  .map(({ key, operator, values }) => ({ [operator]: { [key]: operator === 'Null' ? ['false'] : values } }));

const PRINCIPALS = ['*', ROOT, ROLE, SESSION, `arn:aws:iam::${STRANGE}:root`, ACCOUNT];
const principals = fc.uniqueArray(fc.constantFrom(...PRINCIPALS), { minLength: 1, maxLength: 3 });

const statement = fc
  .record({
    Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
    who: principals,
    not: fc.boolean().map((not) => not),
    mostly: fc.integer({ min: 0, max: 3 }),
    Action: fc.constantFrom('kms:*', 'kms:Put*', 'kms:Decrypt', '*'),
    Resource: fc.constantFrom('*', '*', KEY, `${KEY}2`, 'arn:aws:kms:*:*:key/*'),
    Condition: fc.oneof(
      fc.constant({}),
      condition,
      fc.tuple(condition, condition).map(([a, b]) => ({ ...a, ...b })),
    ),
  })
  .map(({ Effect, who, not, mostly, Action, Resource, Condition }) => ({
    Effect,
    [not && mostly === 0 ? 'NotPrincipal' : 'Principal']: { AWS: who },
    Action,
    Resource,
    Condition,
  }));

const statements = fc.array(statement, { minLength: 1, maxLength: 4 });

function policyOf(list: readonly object[]): Policy {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: list });
  const reading = parsePolicy(text, { partition: 'aws', from: 'author' });
  if ('problems' in reading) throw new Error(JSON.stringify(reading.problems));
  return reading.policy;
}

/** What a request of a caller may bring with it besides who the caller is. */
const surroundings = fc.record(
  {
    'aws:principalorgid': fc.constantFrom('o-1234567890', 'o-5555555555'),
    'aws:principalorgpaths': fc.constantFrom('o-1234567890/r-1/', 'o-5555555555/r-1/'),
    'aws:principaltag/team': fc.constantFrom('keys', 'others'),
    'aws:multifactorauthpresent': fc.constantFrom('true', 'false'),
    'aws:sourceip': fc.constantFrom('203.0.113.9', '198.51.100.9', '3.3.3.3'),
  },
  { requiredKeys: [] },
);
const time = fc.constantFrom('2019-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2040-01-01T00:00:00Z');

type Around = Readonly<Record<string, string>>;

function valuesOf(account: string, arn: string, around: Around, now: string): KnownRequest['values'] {
  const all = {
    ...around,
    'aws:principalarn': arn,
    'aws:principalaccount': account,
    'kms:calleraccount': account,
    'aws:securetransport': 'true',
    'aws:currenttime': now,
  };
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, [value]]));
}

const CALLERS = [
  { names: [aws(ROOT)], arn: ROOT },
  { names: [aws(SESSION), aws(ROLE), aws(ROOT)], arn: ROLE },
  { names: [aws(`arn:aws:iam::${ACCOUNT}:user/u`), aws(ROOT)], arn: `arn:aws:iam::${ACCOUNT}:user/u` },
];

const RUNS = runs(2000);

describe('what is said of a request that is only partly known', () => {
  test('is true of every request that it may be', () => {
    const caller = fc.constantFrom(...CALLERS);
    fc.assert(
      fc.property(
        statements,
        caller,
        surroundings,
        time,
        fc.array(fc.nat(), { maxLength: 6 }),
        (...given) => {
          const [list, { names, arn }, around, now, hide] = given;
          const policy = policyOf(list);
          const values = valuesOf(ACCOUNT, arn, around, now);
          const hidden = new Set(
            hide.map((at) => Object.keys(VALUES)[at % Object.keys(VALUES).length]?.toLowerCase()),
          );
          const look = (key: string): Value => {
            const known = values[key.toLowerCase()];
            if (hidden.has(key.toLowerCase()))
              return { is: 'unknown', present: known === undefined ? 'maybe' : 'always' };
            return known === undefined ? { is: 'absent' } : { is: 'values', values: known };
          };
          const action = 'kms:PutKeyPolicy';
          const { answer } = evaluate(policy, { caller: { names }, action, resource: { text: KEY }, look });
          const { decision } = decide(policy, { names, action, resource: KEY, values });
          if (answer === 'always') expect(decision).toBe('Allow');
          if (answer === 'never') expect(decision).not.toBe('Allow');
          if (hidden.size === 0) expect(answer).not.toBe('maybe');
        },
      ),
      RUNS,
    );
  });

  test('of the lock-out, too: never means nobody, always by the root means the root at any time', () => {
    fc.assert(
      fc.property(statements, surroundings, (list, around) => {
        const policy = policyOf(list);
        const keys = [{ region: 'eu-west-1', role: 'primary' as const, arn: KEY }];
        const { answer, root, lostFrom } = judgeControl(policy, { account: ACCOUNT, partition: 'aws', keys });
        const put = (names: readonly Principal[], arn: string, now: string): string =>
          decide(policy, {
            names,
            action: 'kms:PutKeyPolicy',
            resource: KEY,
            values: valuesOf(ACCOUNT, arn, around, now),
          }).decision;
        if (answer === 'never') {
          // Who comes by a name that lasts: a session as one of its role, when the policy does not name it itself.
          const day = 24 * 60 * 60_000;
          const later =
            lostFrom === undefined
              ? ['2019-01-01T00:00:00Z', '2040-01-01T00:00:00Z']
              : [1, 91].map((days) => new Date(lostFrom.getTime() + days * day).toISOString());
          const other = { names: [aws(`${SESSION}-too`), aws(ROLE), aws(ROOT)], arn: ROLE };
          for (const { names, arn } of [CALLERS[0], CALLERS[2], other].filter((each) => each !== undefined)) {
            for (const now of later) expect(put(names, arn, now)).not.toBe('Allow');
          }
        }
        if (root === 'always') {
          for (const now of ['2019-01-01T00:00:00Z', '2040-01-01T00:00:00Z'])
            expect(put([aws(ROOT)], ROOT, now)).toBe('Allow');
        }
      }),
      RUNS,
    );
  });
});

test('a policy without an opening lets no stranger in', () => {
  const strange = `arn:aws:iam::${STRANGE}:role/admin`;
  fc.assert(
    fc.property(statements, surroundings, time, (list, around, now) => {
      const policy = policyOf(list);
      const named = policy.statements.some(
        ({ effect, principals: { members }, conditions }) =>
          effect === 'Allow' &&
          (members.some(({ value }) => value.includes(STRANGE)) ||
            // An account, an organisation or an office that is named is no stranger.
            conditions.some(({ values }) =>
              values.some((value) =>
                [STRANGE, 'o-1234567890', 'o-0987654321'].some((own) => value.startsWith(own)),
              ),
            )),
      );
      if (named || findOpenings(policy).length > 0) return;
      const { decision } = decide(policy, {
        names: [aws(strange), aws(`arn:aws:iam::${STRANGE}:root`)],
        action: 'kms:Decrypt',
        resource: KEY,
        values: valuesOf(STRANGE, strange, around, now),
      });
      expect(decision).not.toBe('Allow');
    }),
    runs(4000),
  );
});

test('what is sent comes back from AWS without a difference, however it was written', () => {
  const messy = fc.array(
    fc.record({
      Sid: fc.constantFrom('A', 'B'),
      Effect: fc.constantFrom('Allow', 'Deny'),
      Principal: fc.oneof(
        fc.constant('*'),
        fc
          .array(fc.constantFrom(ACCOUNT, ROOT, ROLE, '*'), { minLength: 1, maxLength: 4 })
          .map((AWS) => ({ AWS })),
        fc.constant({ Service: ['logs.amazonaws.com'], AWS: [ACCOUNT] }),
      ),
      Action: fc.array(fc.constantFrom('kms:*', 'KMS:decrypt', 'kms:Decrypt', '*', 'kms:re*'), {
        minLength: 1,
        maxLength: 4,
      }),
      Resource: fc.constantFrom('*', ['*'], ['*', '*', KEY]),
      Condition: fc.constantFrom(
        {},
        { Bool: { 'aws:SecureTransport': [false] } },
        {
          NumericLessThan: { 'kms:RotationPeriodInDays': 400 },
          StringEquals: { 'kms:CallerAccount': [ACCOUNT, ACCOUNT] },
        },
      ),
    }),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(messy, (list) => {
      // Every second one twice, as templates that are put together do.
      const Statement = list.flatMap((each, at) => (at % 2 === 0 ? [each, each] : [each]));
      const given = JSON.stringify({ Version: '2012-10-17', Statement });
      const sent = parsePolicyInput(given, 'aws');
      const back = storePolicy(sent, { partition: 'aws', canonical: true }).text;
      // The provider compares element by element, lists by their length, and statements by their number.
      expect(JSON.parse(back)).toEqual(JSON.parse(sent));
      expect(canonicalPolicy(back, { partition: 'aws' })).toEqual(
        canonicalPolicy(given, { partition: 'aws' }),
      );
      expect(parsePolicyInput(back, 'aws')).toBe(sent);
    }),
    runs(200),
  );
});
