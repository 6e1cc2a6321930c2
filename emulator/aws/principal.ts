import { createHash } from 'node:crypto';
import { formatArn, parseArn } from './arn.js';
import { partitionOf } from './regions.js';
import type { Principal as PolicyPrincipal } from '../../src/policy/document.js';

/** Who makes a call. Without a partition: the same credentials name another partition in another Region's ARNs. */
export interface Principal {
  readonly account: string;
  /** `user/NAME`, `assumed-role/ROLE/SESSION`, `root`; empty for an unsigned call. */
  readonly resource: string;
  /** For a role session, the role's own resource with its path, `role/PATH/NAME`. */
  readonly role?: string;
  /** The unique id that GetCallerIdentity gives. */
  readonly userId: string;
  /** For a role session, how it came to be. */
  readonly session?: Session;
}

export interface Session {
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  /** The ARN of the identity provider whose token it was issued for; undefined for AssumeRole. */
  readonly provider: string | undefined;
}

/** Nobody: an unsigned call. */
export const ANONYMOUS: Principal = { account: '', resource: '', userId: '' };

/** The principal's ARN in the partition of a Region. Role sessions belong to STS, everything else to IAM. */
export function principalArn(principal: Principal, region: string): string {
  return formatArn({
    partition: partitionOf(region).id,
    service: principal.role === undefined ? 'iam' : 'sts',
    region: '',
    account: principal.account,
    resource: principal.resource,
  });
}

/** IAM's unique id of a role or a user; the same ARN has the same one every time. */
export function uniqueIdOf(arn: string): string {
  const prefix = parseArn(arn)?.resource.startsWith('user/') === true ? 'AIDA' : 'AROA';
  return `${prefix}${createHash('sha256').update(arn).digest('hex').slice(0, 17).toUpperCase()}`;
}

/** Every ARN by which a policy may name this principal: itself, its role, and its account. */
export function principalNames(principal: Principal, region: string): string[] {
  const { account, role } = principal;
  const iam = { partition: partitionOf(region).id, service: 'iam', region: '', account };
  const names = [principalArn(principal, region), formatArn({ ...iam, resource: 'root' })];
  if (role !== undefined) names.push(formatArn({ ...iam, resource: role }));
  return names;
}

/** The same, as the policy engine takes them. */
export function callerNames(principal: Principal, region: string): PolicyPrincipal[] {
  return principalNames(principal, region).map((value) => ({ type: 'AWS', value }));
}
