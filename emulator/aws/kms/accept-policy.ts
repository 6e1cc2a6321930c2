import { parsePolicy, type PolicyProblem } from '../../../src/policy/parse.js';
import type { Policy } from '../../../src/policy/document.js';
import { isObject } from '../../json.js';
import { AwsError } from '../error.js';
import { partitionOf } from '../regions.js';
import { decideRequest } from './authorization.js';
import type { Key } from './model.js';
import type { KeyFacts } from './request-context.js';
import { storePolicy } from './stored-policy.js';
import type { KmsCall, KmsWorld } from './world.js';

/** Key policies: at most 32 KiB (the KMS quota "Key policy document size"). */
const MAX_POLICY_BYTES = 32 * 1024;

/** A policy to be checked: what it is for and whether its author may lock themselves out. */
export interface PolicyRequest {
  readonly text: string;
  /** The Region of the key it is for; a replica's policy is not the primary's Region's. */
  readonly region: string;
  /** The key as it is, or is going to be. */
  readonly facts: KeyFacts;
  readonly bypassLockoutCheck: boolean;
}

/**
 * Checks a key policy as CreateKey, ReplicateKey and PutKeyPolicy do, and brings it into the form that is stored.
 * @throws AwsError LimitExceededException or MalformedPolicyDocumentException
 */
export function acceptPolicy(world: KmsWorld, call: KmsCall, request: PolicyRequest): Key['policy'] {
  const { text, region, facts, bypassLockoutCheck } = request;
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES)
    throw new AwsError(
      'LimitExceededException',
      `The key policy is larger than the quota of ${MAX_POLICY_BYTES} bytes.`,
    );
  const partition = partitionOf(region).id;
  const policy = readPolicy(text, partition);
  refuseMissingPrincipals(world, policy);
  if (!bypassLockoutCheck) refuseLockout(world, { ...call, region }, { policy, facts });
  return storePolicy(text, { partition, canonical: world.settings.canonicalPolicies });
}

function readPolicy(text: string, partition: string): Policy {
  const reading = parsePolicy(text, { partition, from: 'author' });
  if ('policy' in reading) return reading.policy;
  const [first] = reading.problems;
  throw malformed(first === undefined ? SYNTAX : messageOf(first, text));
}

const SYNTAX = 'Syntax errors in policy.';
const INVALID_PRINCIPAL = 'Policy contains a statement with one or more invalid principals.';

/** KMS's sentences for an element that is missing, and for one that is there and can't be. */
const SENTENCES: Readonly<
  Partial<Record<PolicyProblem['kind'], { element: string; missing: string; wrong: string }>>
> = {
  principal: {
    element: 'Principal',
    missing: 'Policy statement must contain principals.',
    wrong: INVALID_PRINCIPAL,
  },
  action: {
    element: 'Action',
    missing: 'Policy statement must contain actions.',
    wrong: 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
  },
  resource: {
    element: 'Resource',
    missing: 'Policy statement must contain resources.',
    wrong: 'Resource must be in ARN format or "*".',
  },
};

function messageOf({ kind, statement }: PolicyProblem, text: string): string {
  if (kind === 'json') return 'This policy contains invalid Json';
  const sentences = SENTENCES[kind];
  if (sentences === undefined) return SYNTAX;
  return hasElement(text, statement, sentences.element) ? sentences.wrong : sentences.missing;
}

/** Whether a statement, counted from 1, has an element or its negation, with something in it. */
function hasElement(text: string, position: number | undefined, name: string): boolean {
  const document: unknown = JSON.parse(text);
  const given = isObject(document) ? document['Statement'] : undefined;
  const statements: unknown[] = Array.isArray(given) ? given : [given];
  const statement = statements[(position ?? 1) - 1];
  if (!isObject(statement)) return false;
  const element = statement[name] ?? statement[`Not${name}`];
  return element !== undefined && !(Array.isArray(element) && element.length === 0);
}

function refuseMissingPrincipals(world: KmsWorld, policy: Policy): void {
  const named = policy.statements.flatMap(({ principals }) => principals.members);
  if (named.some(({ value }) => world.settings.missingPrincipals.has(value)))
    throw malformed(INVALID_PRINCIPAL);
}

/** The caller must be able to call PutKeyPolicy again afterwards ("key policy lockout safety check"). */
function refuseLockout(world: KmsWorld, call: KmsCall, asked: { policy: Policy; facts: KeyFacts }): void {
  if (decideRequest(world, call, { ...asked, permission: 'PutKeyPolicy' }) !== 'Allow')
    throw malformed('The new key policy will not allow you to update the key policy in the future.');
}

function malformed(message: string): AwsError {
  return new AwsError('MalformedPolicyDocumentException', message);
}
