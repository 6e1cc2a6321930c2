/** The policies of docs/iam.md, as they stand there, and which of their statements a logged API call needs. */

import { readFileSync } from 'node:fs';
import type { Call } from '../../emulator/index.js';
import type { Statement } from '../../src/policy/document.js';
import { decide } from '../../emulator/aws/decide.js';
import { describeProblems, parsePolicy } from '../../src/policy/parse.js';

export const DOCUMENT = readFileSync('docs/iam.md', 'utf8');
export const PLAN_ROLE = 'arn:aws:iam::999900001111:role/kms-plan';
export const APPLY_ROLE = 'arn:aws:iam::999900001111:role/kms-apply';

/** What the page names by way of example, and what it is called in the emulator. */
const RENAMED: Readonly<Record<string, string>> = {
  'acme@1234567/platform@7654321': 'octo-org@1234567/octo-repo@7654321',
  'acme/platform': 'octo-org/octo-repo',
  'acme-terraform-state': 'emulator-terraform-state',
};

/** The JSON below `<!-- policy: NAME -->`, with the emulator's names in it. */
export function readPolicyText(name: string): string {
  const found = new RegExp(`<!-- policy: ${name} -->\\s+\`\`\`json\\n([\\s\\S]*?)\\n\`\`\``).exec(DOCUMENT);
  if (found?.[1] === undefined) throw new Error(`docs/iam.md has no policy named ${name}`);
  return Object.entries(RENAMED).reduce((text, [from, to]) => text.replaceAll(from, to), found[1]);
}

/** A policy of the page. One of a role, which names no principal, is given the role as one, so that it can be evaluated. */
export function readPolicy(name: string, role?: string): NamedStatement[] {
  const text = readPolicyText(name);
  const { Statement: raw } = JSON.parse(text) as { Statement: { Sid?: string; Principal?: unknown }[] };
  const whole = {
    Version: '2012-10-17',
    Statement: raw.map((each) => ({ Principal: { AWS: role }, ...each })),
  };
  const reading = parsePolicy(JSON.stringify(whole), { partition: 'aws', from: 'author' });
  if ('problems' in reading) throw new Error(`${name}: ${describeProblems(reading.problems)}`);
  return reading.policy.statements.map((statement, index) => ({
    sid: `${name}.${raw[index]?.Sid ?? index}`,
    statement,
  }));
}

export interface NamedStatement {
  readonly sid: string;
  readonly statement: Statement;
}

/** One thing that a call needs to be allowed. */
export interface Need {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

/** S3 names its actions otherwise than its API (Service Authorization Reference, "Actions defined by Amazon S3"). */
const S3_ACTIONS: Readonly<Record<string, string>> = {
  HeadObject: 'GetObject',
  ListObjectsV2: 'ListBucket',
  ListObjects: 'ListBucket',
  HeadBucket: 'ListBucket',
};

/** What IAM would have asked for a call: an action on a resource, or on two of them for an alias and its key. */
export function needsOf({ service, action, region = '', principal = '', resource = '' }: Call): Need[] {
  const role = principal.replace(/^arn:aws:sts::(\d+):assumed-role\/([^/]+)\/.*$/, 'arn:aws:iam::$1:role/$2');
  if (service === 's3')
    return [{ role, action: `s3:${S3_ACTIONS[action] ?? action}`, resource: `arn:aws:s3:::${resource}` }];
  const named = `${service}:${action}`;
  const inRegion = (name: string): string => `arn:aws:${service}:${region}:999900001111:${name}`;
  // An alias stands for its key in every other call (KMS, "Controlling access to aliases").
  const key = inRegion(`key/${resource.startsWith('mrk-') ? resource : `mrk-${'0'.repeat(32)}`}`);
  if (['CreateKey', 'ListAliases'].includes(action)) return [{ role, action: named, resource: '*' }];
  if (!/^(Create|Update|Delete)Alias$/.test(action)) return [{ role, action: named, resource: key }];
  return [
    { role, action: named, resource: key },
    { role, action: named, resource: inRegion(resource) },
  ];
}

/** What the emulator's log does not hold of a request, and conditions ask for. */
const CONDITIONS = { 'kms:replicaregion': ['ap-southeast-3'], 'aws:securetransport': ['true'] };

export function allows(statements: readonly NamedStatement[], need: Need): boolean {
  const { role, action, resource } = need;
  const all = statements.map(({ statement }) => statement);
  const { decision } = decide(
    { version: '2012-10-17', id: undefined, statements: all },
    { names: [{ type: 'AWS', value: role }], action, resource, values: CONDITIONS },
  );
  return decision === 'Allow';
}

/** The calls that no statement allows, and the `sid: action` that no call needed. */
export function compare(
  statements: readonly NamedStatement[],
  calls: readonly Call[],
): { missing: string[]; unused: string[] } {
  const needs = calls.flatMap(needsOf);
  const missing = needs
    .filter((need) => !allows(statements, need))
    .map(({ role, action, resource }) => `${role} needs ${action} on ${resource}`);
  const unused = statements.flatMap((each) =>
    each.statement.effect === 'Deny'
      ? []
      : each.statement.actions.names
          .filter((action) => !needs.some((need) => need.action === action && allows([each], need)))
          .map((action) => `${each.sid}: ${action}`),
  );
  return { missing: [...new Set(missing)].sort(), unused };
}
