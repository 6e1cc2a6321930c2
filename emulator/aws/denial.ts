import { formatArn } from './arn.js';
import { partitionOf } from './regions.js';

/** The kinds of policy that can refuse a call, as IAM's page "Troubleshoot access denied error messages" names them. */
export const POLICY_KINDS = [
  'identity-based policy',
  'resource-based policy',
  'service control policy',
  'resource control policy',
  'permissions boundary',
  'session policy',
  'VPC endpoint policy',
] as const;
export type PolicyKind = (typeof POLICY_KINDS)[number];

/** Which policy refused a call, and how. */
export interface Denial {
  readonly policy: PolicyKind;
  /** A Deny statement, rather than the lack of an Allow. */
  readonly explicit: boolean;
  /** The policy's ARN, which AWS adds to explicit denials where it may tell it. */
  readonly policyArn: string | undefined;
}

/** A call that is refused: who asked, for what, on what. */
export interface DeniedCall {
  /** The caller's ARN. */
  readonly principal: string;
  /** With its service, e.g. `kms:CreateKey`. */
  readonly permission: string;
  /** As the message shows it: an ARN, or `*`. */
  readonly resource: string;
}

/** The sentence in which AWS says who may not do what, and which kind of policy says so. */
export function denialText(call: DeniedCall, denial: Denial): string {
  const { principal, permission, resource } = call;
  const start = `User: ${principal} is not authorized to perform: ${permission} on resource: ${resource}`;
  if (!denial.explicit) return `${start} because no ${denial.policy} allows the ${permission} action`;
  const article = denial.policy.startsWith('identity') ? 'an' : 'a';
  const name = denial.policyArn === undefined ? '' : `: ${denial.policyArn}`;
  return `${start} with an explicit deny in ${article} ${denial.policy}${name}`;
}

/** Actions whose permission has another name (Service Authorization Reference, Amazon S3 and AWS KMS). */
const PERMISSIONS: Readonly<Record<string, string>> = {
  'kms:ReEncrypt': 'kms:ReEncryptFrom',
  's3:HeadObject': 's3:GetObject',
  's3:HeadBucket': 's3:ListBucket',
  's3:ListBuckets': 's3:ListAllMyBuckets',
  's3:ListObjects': 's3:ListBucket',
  's3:ListObjectsV2': 's3:ListBucket',
  's3:ListObjectVersions': 's3:ListBucketVersions',
  's3:DeleteObjects': 's3:DeleteObject',
};

/** The permission that IAM asks for when an API action is called. */
export function permissionOf(service: string, action: string): string {
  return PERMISSIONS[`${service}:${action}`] ?? `${service}:${action}`;
}

/**
 * The resource as an access denied message shows it.
 * @param subject what the request named: a key id or alias, `bucket/key`, a role's ARN; undefined for none
 */
export function deniedResource(
  service: string,
  place: { readonly region: string; readonly account: string },
  subject: string | undefined,
): string {
  if (subject === undefined) return '*';
  const partition = partitionOf(place.region).id;
  // S3 alone puts the ARN in quotation marks.
  if (service === 's3')
    return `"${formatArn({ partition, service, region: '', account: '', resource: subject })}"`;
  if (service !== 'kms') return subject;
  const resource = subject.startsWith('alias/') ? subject : `key/${subject}`;
  return formatArn({ partition, service, ...place, resource });
}
