import { isDeepStrictEqual } from 'node:util';
import { describeProblems, parsePolicy } from '../../../src/policy/parse.js';
import { isObject } from '../../json.js';
import { parseArn } from '../arn.js';
import type { Key } from './model.js';
import { formatPolicy } from './policy-text.js';

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Makes of an accepted policy what KMS keeps.
 * @param text the JSON as it was given
 * @param options the partition that account ids become root ARNs of; whether the policy is brought into KMS's own
 *   form beyond that
 */
export function storePolicy(
  text: string,
  options: { readonly partition: string; readonly canonical: boolean },
): Key['policy'] {
  const given: unknown = JSON.parse(text);
  const named = mapPrincipals(given, (id) => rootOf(id, options.partition));
  const kept = options.canonical ? canonicalPolicy(named) : named;
  return keep(kept, options.partition);
}

/** A policy as it is given back, and as it is evaluated. @throws Error for what KMS would not have accepted */
function keep(policy: unknown, partition: string): Key['policy'] {
  const text = formatPolicy(policy);
  const reading = parsePolicy(text, { partition, from: 'aws' });
  if ('problems' in reading) throw new Error(describeProblems(reading.problems));
  return { text, document: reading.policy };
}

/** KMS gives bare account ids back as the account's root. */
function rootOf(id: string, partition: string): string {
  return /^\d{12}$/.test(id) ? `arn:${partition}:iam::${id}:root` : id;
}

/**
 * A policy after one of its principals was deleted: in its place stands the unique id that IAM had given to it, which
 * nobody else ever gets (IAM User Guide, "AWS JSON policy elements: Principal").
 */
export function renamePrincipal(policy: Key['policy'], arn: string, uniqueId: string): Key['policy'] {
  const renamed = mapPrincipals(JSON.parse(policy.text), (id) => (id === arn ? uniqueId : id));
  return keep(renamed, parseArn(arn)?.partition ?? 'aws');
}

/** Whether a policy names a principal by its ARN. */
export function namesPrincipal(policy: Key['policy'], arn: string): boolean {
  let found = false;
  mapPrincipals(JSON.parse(policy.text), (id) => {
    found ||= id === arn;
    return id;
  });
  return found;
}

/** Rewrites every id under `AWS` in the Principal and NotPrincipal elements. */
function mapPrincipals(policy: unknown, rename: (id: string) => string): unknown {
  return mapStatements(policy, (statement) =>
    mapElements(statement, ['Principal', 'NotPrincipal'], (principal) =>
      isObject(principal) ? mapElements(principal, ['AWS'], (ids) => mapTexts(ids, rename)) : principal,
    ),
  );
}

/**
 * The form in which GetKeyPolicy answers: everyone as `{"AWS": "*"}`, principals, actions and resources each once, one
 * principal alone without brackets, and equal statements once. Order stays, and conditions stay as they are. Reported
 * by users of the provider, which waits in vain for its own form (terraform-provider-aws 20588, 27641, 28390, 30232).
 */
function canonicalPolicy(policy: unknown): unknown {
  const statements = mapStatements(policy, (statement) => {
    const principals = mapElements(statement, ['Principal', 'NotPrincipal'], canonicalPrincipal);
    return mapElements(principals, ['Action', 'NotAction', 'Resource', 'NotResource'], unique);
  });
  if (!isObject(statements) || !Array.isArray(statements['Statement'])) return statements;
  return { ...statements, Statement: withoutEqual(statements['Statement']) };
}

function canonicalPrincipal(principal: unknown): unknown {
  if (principal === '*') return { AWS: '*' };
  if (!isObject(principal)) return principal;
  return mapElements(principal, Object.keys(principal), (ids) => {
    const once = unique(ids);
    return Array.isArray(once) && once.length === 1 ? (once[0] as unknown) : once;
  });
}

function unique(value: unknown): unknown {
  return Array.isArray(value) ? [...new Set<unknown>(value)] : value;
}

function withoutEqual(list: readonly unknown[]): unknown[] {
  return list.filter((item, at) => list.findIndex((other) => isDeepStrictEqual(item, other)) === at);
}

function mapStatements(policy: unknown, change: (statement: JsonObject) => unknown): unknown {
  if (!isObject(policy)) return policy;
  const each = (statement: unknown): unknown => (isObject(statement) ? change(statement) : statement);
  return mapElements(policy, ['Statement'], (given) =>
    Array.isArray(given) ? given.map(each) : each(given),
  );
}

function mapElements(
  object: unknown,
  names: readonly string[],
  change: (value: unknown) => unknown,
): JsonObject {
  const members = isObject(object) ? Object.entries(object) : [];
  return Object.fromEntries(
    members.map(([name, value]) => [name, names.includes(name) ? change(value) : value]),
  );
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  return Array.isArray(value) ? value.map((item) => mapTexts(item, change)) : value;
}
