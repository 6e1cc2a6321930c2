import { formatArn } from './arn.js';
import { principalArn, type Principal } from './principal.js';
import { partitionOf } from './regions.js';
import type { CallContext } from './service.js';

/** What is known of a request, by condition key in lower case; several values for multivalued keys. */
export type ConditionValues = Readonly<Record<string, readonly string[]>>;

/**
 * The values of AWS's global condition keys that every request has here (IAM reference, "AWS global condition context
 * keys"). There are no organisations, no VPCs and no services that call for others: their keys are not in any request.
 * @param now milliseconds since the epoch
 */
export function globalValues(context: CallContext, now: number): ConditionValues {
  const { principal, region, sourceIp, userAgent } = context;
  return valuesOf({
    'aws:CurrentTime': new Date(now).toISOString(),
    'aws:EpochTime': Math.floor(now / 1000),
    'aws:PrincipalAccount': principal.account,
    'aws:PrincipalArn': roleOrOwnArn(principal, region),
    'aws:PrincipalIsAWSService': false,
    'aws:PrincipalType': principalType(principal),
    'aws:RequestedRegion': region,
    // AWS itself is reached by TLS alone; that this emulator is not must not show.
    'aws:SecureTransport': true,
    'aws:SourceIp': sourceIp,
    'aws:UserAgent': userAgent,
    'aws:ViaAWSService': false,
    'aws:userid': principal.userId,
    'aws:username': /^user\/(?:.*\/)?([^/]+)$/.exec(principal.resource)?.[1],
    ...sessionValues(principal),
  });
}

/** Of a role's session, the role: never the session (`aws:PrincipalArn`). */
function roleOrOwnArn(principal: Principal, region: string): string {
  const { account, role } = principal;
  if (role === undefined) return principalArn(principal, region);
  return formatArn({
    partition: partitionOf(region).id,
    service: 'iam',
    region: '',
    account,
    resource: role,
  });
}

function principalType({ resource, role }: Principal): string {
  if (role !== undefined) return 'AssumedRole';
  return resource === 'root' ? 'Account' : 'User';
}

/** What only temporary credentials have. */
function sessionValues({ role, session }: Principal): Record<string, ConditionValue> {
  if (role === undefined || session === undefined) return {};
  return {
    'aws:FederatedProvider': session.provider,
    'aws:MultiFactorAuthPresent': false,
    'aws:TokenIssueTime': new Date(session.issuedAt).toISOString(),
  };
}

type ConditionValue = string | number | boolean | readonly string[] | undefined;

/** Values under names in lower case; what is undefined is not in the request. */
export function valuesOf(given: Readonly<Record<string, ConditionValue>>): ConditionValues {
  const present = Object.entries(given).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return [[name.toLowerCase(), typeof value === 'object' ? value : [String(value)]] as const];
  });
  return Object.fromEntries(present);
}
