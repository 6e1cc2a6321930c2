import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { denialText, POLICY_KINDS } from '../../../emulator/aws/denial.js';
import { adviseOnDenial, readDenial, whoDenies } from '../../../src/facts/denial.js';
import { explainTerraformError } from '../../../src/terraform/symptoms.js';
import { TerraformError } from '../../../src/terraform/run.js';
import { FAILURES_FOLDER } from '../../support/failures.js';

/** What a person reads of each refusal. UPDATE_GOLDEN=1 writes it anew. */
const MESSAGES = path.join(FAILURES_FOLDER, 'denials.txt');

const KEY = 'arn:aws:kms:eu-west-1:999900001111:key/mrk-1';
const CALLS = [
  ['KMS', 'CreateKey', '*'],
  ['KMS', 'DescribeKey', KEY],
  ['S3', 'ListBucket', '"arn:aws:s3:::acme-state"'],
] as const;
const EACH = POLICY_KINDS.flatMap((policy) => [true, false].map((explicit) => [policy, explicit] as const));

function textOf(
  policy: (typeof POLICY_KINDS)[number],
  explicit: boolean,
  [service, call, resource]: (typeof CALLS)[number],
): string {
  return denialText(
    {
      principal: 'arn:aws:sts::999900001111:assumed-role/kms/run',
      permission: `${service.toLowerCase()}:${call}`,
      resource,
    },
    {
      policy,
      explicit,
      policyArn:
        explicit && policy.startsWith('service') ? 'arn:aws:organizations::1:policy/o-a/scp/p-b' : undefined,
    },
  );
}

const explain = (text: string, operation: string): ReturnType<typeof explainTerraformError> =>
  explainTerraformError(
    new TerraformError('apply', 1, [
      {
        summary: `${operation}, https response error StatusCode: 400, api error AccessDeniedException: ${text}`,
        detail: '',
        address: undefined,
      },
    ]),
    'DONE.',
  );

describe('which policy refused a call', () => {
  test.each(EACH)(
    '%s, explicit: %j: is read of AWS’s sentence, however it is wrapped',
    (policy, explicit) => {
      for (const call of CALLS) {
        const text = textOf(policy, explicit, call);
        const expected = { policy, explicit, permission: `${call[0].toLowerCase()}:${call[1]}` };
        expect(readDenial(text)).toMatchObject(expected);
        expect(readDenial(text.replaceAll(' ', '\n  '))).toMatchObject(expected);
      }
    },
  );

  test.each([
    [
      'User: x is not authorized to perform: kms:DescribeKey on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access',
      'resource-based policy',
      'kms:DescribeKey',
    ],
    [
      'User: x is not authorized to perform: sts:AssumeRole on resource: y because no role trust policy allows the sts:AssumeRole action',
      'role trust policy',
      'sts:AssumeRole',
    ],
    [
      'User: x is not authorized to perform: kms:Sign with an explicit deny in a data perimeter policy',
      'data perimeter policy',
      'kms:Sign',
    ],
    ['Access Denied', undefined, undefined],
    ['', undefined, undefined],
  ])('%j', (text, policy, permission) => {
    expect(readDenial(text)).toMatchObject({ policy, permission });
  });

  test('a kind that nobody knows yet is named in the advice', () => {
    const denial = readDenial('with an explicit deny in a data perimeter policy');
    expect(whoDenies(denial)).toBe('a data perimeter policy denies it');
    expect(adviseOnDenial(denial, { permission: 'kms:Sign' })).toContain('Change that data perimeter policy');
  });
});

test('each kind has its own advice, and only what the role itself lacks sends to the role', () => {
  const told = EACH.flatMap(([policy, explicit]) =>
    CALLS.map((call) => {
      const { what, next } = explain(
        textOf(policy, explicit, call),
        `operation error ${call[0]}: ${call[1]}`,
      );
      return `${policy}, ${explicit ? 'a Deny' : 'no Allow'}, ${call[0]} ${call[1]}\n  ${what}\n  ${next}\n`;
    }),
  );
  const text = told.join('\n');
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(MESSAGES, text);
  expect(text).toBe(readFileSync(MESSAGES, 'utf8'));
  for (const each of told)
    expect(each.includes('Let the role do that')).toBe(each.startsWith('identity-based policy, no Allow'));
});
