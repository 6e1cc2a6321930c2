import { matchesPattern } from '../kms-actions.js';
import type { Clause, Condition, KeyPolicy, Statement } from '../policy.js';

const PUT_KEY_POLICY = 'kms:PutKeyPolicy';

/**
 * Who could change a policy again once it is in place: somebody, somebody if a condition holds that can't be judged
 * here, or nobody.
 */
export type PolicyControl = 'kept' | 'conditional' | 'lost';

/**
 * Whether a policy leaves anybody with kms:PutKeyPolicy: what is allowed, less what is denied without a condition.
 * Only principals of the key's own account count, as the call can't be made from another (KMS API reference,
 * PutKeyPolicy, "Cross-account use: No"); AWS services don't make it at all.
 * @param accountId the key's account; undefined where it is not known, then every account counts
 */
export function judgePolicyControl(policy: KeyPolicy, accountId: string | undefined): PolicyControl {
  const relevant = policy.statements.filter(coversPutKeyPolicy);
  const denials = relevant.filter(({ effect, conditions }) => effect === 'Deny' && conditions.length === 0);
  const allowed = relevant.filter(
    (statement) =>
      statement.effect === 'Allow' &&
      holdersOf(statement, accountId).some((holder) => isLeft(holder, denials)),
  );
  if (allowed.some(({ conditions }) => conditions.length === 0)) return 'kept';
  return allowed.length > 0 ? 'conditional' : 'lost';
}

function coversPutKeyPolicy({ actions, resources }: Statement): boolean {
  // A resource other than `*` is this key's ARN or nothing at all: a key policy is about its own key alone.
  const aboutTheKey = resources.not ? !resources.names.includes('*') : resources.names.length > 0;
  return (
    aboutTheKey && actions.names.some((pattern) => matchesPattern(pattern, PUT_KEY_POLICY)) !== actions.not
  );
}

/**
 * The principals of the account that an Allow names. Everyone, and whoever a NotPrincipal does not exclude, are for this
 * question the account as a whole.
 */
function holdersOf({ principals }: Statement, accountId: string | undefined): readonly string[] {
  const everyone = accountId === undefined ? '*' : `arn:aws:iam::${accountId}:root`;
  if (principals.not) return principals.names.includes('*') ? [] : [everyone];
  return principals.names.flatMap((name) =>
    name === '*' ? [everyone] : isOfAccount(name, accountId) ? [name] : [],
  );
}

function isOfAccount(name: string, accountId: string | undefined): boolean {
  const account = /^arn:[^:]*:(?:iam|sts)::(\d{12}):/.exec(name)?.[1];
  return account !== undefined && (accountId === undefined || account === accountId);
}

/** Whether no denial takes it all from a holder; everyone and a whole account are more than any list of others. */
function isLeft(holder: string, denials: readonly Statement[]): boolean {
  return !denials.some(({ principals }) => isDenied(holder, principals));
}

function isDenied(holder: string, { not, names }: Clause): boolean {
  if (not) return !names.some((name) => name === holder || name === '*' || isWithin(name, holder));
  return names.some((name) => name === holder || isWithin(holder, name));
}

/** Whether one is everyone, or the root of the account that the other is in, which stands for all of the account. */
function isWithin(narrow: string, wide: string): boolean {
  if (wide === '*') return true;
  const account = /^arn:[^:]*:iam::(\d{12}):root$/.exec(wide)?.[1];
  return account !== undefined && isOfAccount(narrow, account);
}

/** The first statement that lets everybody in, if there is one: Allow, for all principals, and nothing that restricts. */
export function findPublicStatement(policy: KeyPolicy): Statement | undefined {
  return policy.statements.find(
    ({ effect, principals, conditions }) =>
      effect === 'Allow' && meansEverybody(principals) && !conditions.some(isRestricting),
  );
}

/** Allow with NotPrincipal is everybody but a few. A wildcard inside of an ARN may be anybody. */
function meansEverybody({ not, names }: Clause): boolean {
  return not || names.some((name) => /^(Federated: )?\*$/.test(name) || /^arn:[^/]*[*?]/.test(name));
}

/** What every caller can fulfil at will, or fulfils anyway: it says nothing on who calls. */
const AT_WILL = [
  ...['aws:currenttime', 'aws:epochtime', 'aws:multifactorauthage', 'aws:multifactorauthpresent'],
  ...['aws:principaltype', 'aws:referer', 'aws:requestedregion', 'aws:securetransport', 'aws:tokenissuetime'],
  ...['aws:useragent', 'kms:encryptionalgorithm', 'kms:encryptioncontextkeys', 'kms:messagetype'],
  ...['kms:requestalias', 'kms:resourcealiases', 'kms:signingalgorithm'],
  // A service that works for the caller does so for callers of every account.
  ...['aws:viaawsservice', 'kms:viaservice', 'kms:grantisforawsresource'],
  ...['kms:grantconstrainttype', 'kms:grantoperations', 'kms:macalgorithm', 'kms:keyagreementalgorithm'],
  ...['kms:datakeypairspec', 'kms:reencryptonsamekey'],
  // About the key, which is the same for all callers.
  ...['aws:resourceaccount', 'aws:resourceorgid', 'aws:resourceorgpaths', 'kms:keyorigin', 'kms:keyspec'],
  ...['kms:keyusage', 'kms:multiregion', 'kms:multiregionkeytype', 'kms:primaryregion'],
];
const AT_WILL_BEGINNINGS = ['aws:requesttag/', 'aws:resourcetag/', 'kms:encryptioncontext:'];

/**
 * Whether a condition keeps anybody out. It does not when it also holds where the key is missing (`…IfExists`,
 * `ForAllValues:`, `Null`), when it only excludes (`…Not…`), when one of its values is a mere wildcard or all addresses,
 * or when every caller can fulfil it at will.
 */
function isRestricting({ operator, key, values }: Condition): boolean {
  const kind = operator.toLowerCase();
  const lenient = kind.endsWith('ifexists') || kind.startsWith('forallvalues:') || kind === 'null';
  const excluding = /(^|:)(string|arn|date|numeric)?not/.test(kind);
  const name = key.toLowerCase();
  const atWill = AT_WILL.includes(name) || AT_WILL_BEGINNINGS.some((each) => name.startsWith(each));
  const all = values.some((value) => isEverything(value, kind));
  return !lenient && !excluding && !atWill && !all && values.length > 0;
}

function isEverything(value: string, operator: string): boolean {
  if (operator.includes('ipaddress')) return /\/0$/.test(value);
  const takesWildcards = operator.includes('like') || operator.includes('arn');
  return takesWildcards && /^[*?]*\*[*?]*$/.test(value);
}
