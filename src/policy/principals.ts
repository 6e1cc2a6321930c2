import { PARTITIONS } from '../facts/regions.js';
import { quote } from '../quote.js';
import { splitArn } from './arn.js';
import { compareTexts, type Principal, type PrincipalType } from './document.js';

export const PRINCIPAL_TYPES: readonly PrincipalType[] = ['AWS', 'CanonicalUser', 'Federated', 'Service'];

/**
 * Everybody: whoever has an AWS account, and AWS's services where they call by themselves. That is why the published data
 * perimeters deny `*` with `aws:PrincipalIsAWSService` beside it (aws-samples/data-perimeter-policy-examples).
 */
export const EVERYBODY: Principal = { type: 'AWS', value: '*' };

export function isSamePrincipal(a: Principal, b: Principal): boolean {
  return a.type === b.type && a.value === b.value;
}

export function comparePrincipals(a: Principal, b: Principal): number {
  return compareTexts(a.type, b.type) || compareTexts(a.value, b.value);
}

/** A principal in one line; different principals are different lines. */
export function describePrincipal({ type, value }: Principal): string {
  if (type !== 'AWS') return `${type}: ${value}`;
  return value === '*' || value.startsWith('arn:') || isUniqueId(value) ? value : `AWS: ${value}`;
}

/** The form in which KMS keeps it: a bare account id is the account's root (IAM reference, "AWS account principals"). */
export function normalPrincipal(type: PrincipalType, value: string, partition: string): Principal {
  const isAccount = type === 'AWS' && /^\d{12}$/.test(value);
  return { type, value: isAccount ? rootArn(value, partition) : value };
}

export function rootArn(account: string, partition: string): string {
  return `arn:${partition}:iam::${account}:root`;
}

/** The account of an identity's ARN; undefined for everybody, services, identity providers' hosts and unique ids. */
export function accountOfPrincipal({ type, value }: Principal): string | undefined {
  if (type !== 'AWS' && type !== 'Federated') return undefined;
  const arn = splitArn(value);
  const isIdentity = arn?.service === 'iam' || arn?.service === 'sts';
  return isIdentity && /^\d{12}$/.test(arn.account) ? arn.account : undefined;
}

/** Whether a principal stands for a whole account. */
export function isRoot({ type, value }: Principal): boolean {
  return type === 'AWS' && splitArn(value)?.resource === 'root';
}

function isUniqueId(value: string): boolean {
  return /^A[A-Z]{3}[A-Z0-9]{12,124}$/.test(value);
}

/**
 * What a unique id stands for, which AWS gives back in place of the ARN of a role or user that was deleted (IAM
 * reference, "Unique identifiers"; "AWS JSON policy elements: Principal"). Undefined for everything else.
 */
export function deletedKind({ type, value }: Principal): 'role' | 'user' | 'principal' | undefined {
  if (type !== 'AWS' || !isUniqueId(value)) return undefined;
  return value.startsWith('AROA') ? 'role' : value.startsWith('AIDA') ? 'user' : 'principal';
}

/**
 * Why a principal can't exist, whatever the account holds, as what follows its name; undefined where it can.
 * @param partition the key's
 */
export function whyImpossible(principal: Principal, partition: string): string | undefined {
  const { type, value } = principal;
  switch (type) {
    case 'AWS':
      return value === '*' ? undefined : whyNoIdentity(value, partition, deletedKind(principal));
    case 'Service':
      return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(value)
        ? undefined
        : 'which is not the name of a service, such as logs.amazonaws.com';
    case 'Federated':
      return whyNoProvider(value, partition);
    case 'CanonicalUser':
      return /^[0-9a-f]{64}$/.test(value) ? undefined : 'which is not a canonical user id of 64 hex digits';
  }
}

function whyNoIdentity(value: string, partition: string, deleted: string | undefined): string | undefined {
  if (deleted !== undefined) {
    return `which is the id that AWS shows for a deleted ${deleted}: name the ARN of one that exists`;
  }
  const arn = splitArn(value);
  if (arn === undefined) return whyNoArn(value);
  return (
    whyWrongPlace(arn.partition, arn.region, partition) ??
    whyNoAccount(arn.account) ??
    whyNoResource(arn.service, arn.resource)
  );
}

function whyNoArn(value: string): string {
  if (/^\d+$/.test(value)) return `which has ${value.length} digits, not 12${lostZeros(value)}`;
  return 'which is neither an account id nor the ARN of an account root, role or user';
}

/** A hint where leading zeros may have been lost; empty where not. */
export function lostZeros(digits: string): string {
  return /^\d{1,11}$/.test(digits)
    ? `: perhaps a leading zero was lost because it was not in quotes (${digits.padStart(12, '0')}?)`
    : '';
}

function whyWrongPlace(given: string, region: string, partition: string): string | undefined {
  if (/[*?]/.test(given) || /[*?]/.test(region)) return WILDCARD;
  if (given !== partition) {
    const isOne = PARTITIONS.some(({ id }) => id === given);
    return isOne
      ? `which is in the partition ${given}, and the key in ${partition}`
      : `whose partition ${quote(given)} does not exist: the key's is ${partition}`;
  }
  return region === '' ? undefined : 'which names a Region, and identities have none';
}

const WILDCARD =
  'which has a wildcard, and an ARN in a Principal takes none: name each role or user, or the account with a condition on aws:PrincipalArn';

function whyNoAccount(account: string): string | undefined {
  if (/^\d{12}$/.test(account)) return undefined;
  if (/[*?]/.test(account)) return WILDCARD;
  if (/^\d+$/.test(account)) return `whose account has ${account.length} digits, not 12${lostZeros(account)}`;
  return `whose account ${quote(account)} is not 12 digits`;
}

const NAME = String.raw`[\w+=,.@-]{1,64}`;
const IAM_RESOURCE = new RegExp(String.raw`^(?:root|(?:user|role)/(?:[\x21-\x2e\x30-\x7e]+/)*${NAME})$`);
const STS_RESOURCE = new RegExp(
  String.raw`^(?:assumed-role/${NAME}/[\w+=,.@-]{2,64}|federated-user/[\w+=,.@-]{2,32})$`,
);

function whyNoResource(service: string, resource: string): string | undefined {
  if (/[*?]/.test(resource)) return WILDCARD;
  if (service === 'iam') {
    if (resource.startsWith('group/')) return 'which is a group, and a group is no principal: name its users';
    return IAM_RESOURCE.test(resource) ? undefined : 'which is not an account root, role or user';
  }
  if (service === 'sts') {
    if (/^assumed-role\/[^/]*\/?$/.test(resource)) {
      return 'which is an assumed role without a session: name the role, arn:…:iam::ACCOUNT:role/NAME';
    }
    return STS_RESOURCE.test(resource) ? undefined : 'which is not a session of a role or a federated user';
  }
  return `which is of the service ${quote(service)}: only identities of iam and sts are principals`;
}

function whyNoProvider(value: string, partition: string): string | undefined {
  const arn = splitArn(value);
  if (arn === undefined) {
    return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(value) ? undefined : 'which is not an identity provider';
  }
  const isProvider = arn.service === 'iam' && /^(oidc|saml)-provider\/[^*?\s]+$/.test(arn.resource);
  return (
    whyWrongPlace(arn.partition, arn.region, partition) ??
    whyNoAccount(arn.account) ??
    (isProvider ? undefined : 'which is not the ARN of an identity provider')
  );
}
