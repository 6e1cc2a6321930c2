import { quote } from '../quote.js';
import { splitArn } from './arn.js';
import { findConditionKey, type ConditionKey } from './condition-keys.js';
import type { Condition, Policy, Principal, Statement } from './document.js';
import { listOfRanges, readOperator, readRange, type Comparison, type Operator } from './operators.js';
import { EVERYBODY, isSamePrincipal } from './principals.js';

/** Who is let in without being named: everybody, everybody but a few, or one that AWS's other customers can be, too. */
export type StrangerKind = 'everybody' | 'everybody-except' | 'federated' | 'canonical-user' | 'service';

/** A statement that lets somebody in whom it does not name. */
export interface Opening {
  readonly kind: StrangerKind;
  readonly statement: Statement;
  /** Those of that kind; for `everybody-except` those who are left out. */
  readonly principals: readonly Principal[];
  /**
   * What the conditions hold it to: nothing of the user's own; a network, whoever is in it; or a name that is the
   * user's only while its resource exists.
   */
  readonly heldTo: 'nothing' | 'network' | 'name';
  /** Why each condition does not hold it to more, as sentences' ends that begin with the condition. */
  readonly why: readonly string[];
}

/**
 * The statements that let strangers in. Who is not a named account, role or user is let in rightly only under a condition
 * that pins the statement to something of the user's own: a key that is known to speak of the caller or of the resource
 * that a service works for, a positive operator that fails where the key is missing, and values that are fixed. All
 * else restricts nothing here, keys with a typing error included (docs/decisions/strangers.md).
 * A denial beside it does not count: what one statement allows is to be read in that statement.
 */
export function findOpenings(policy: Policy): Opening[] {
  return policy.statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap((statement) => strangersOf(statement).flatMap((strangers) => judge(statement, strangers)));
}

type Strangers = Pick<Opening, 'kind' | 'principals'>;

function strangersOf({ principals: { not, members } }: Statement): Strangers[] {
  if (not) return [{ kind: 'everybody-except', principals: members }];
  const ofType = (type: Principal['type']): Principal[] => members.filter((each) => each.type === type);
  const groups: Strangers[] = [
    { kind: 'everybody', principals: members.filter((each) => isSamePrincipal(each, EVERYBODY)) },
    { kind: 'federated', principals: ofType('Federated') },
    { kind: 'canonical-user', principals: ofType('CanonicalUser') },
    { kind: 'service', principals: ofType('Service') },
  ];
  return groups.filter(({ principals }) => principals.length > 0);
}

function judge(statement: Statement, { kind, principals }: Strangers): Opening[] {
  const pins = statement.conditions.map((condition) => ({
    condition,
    pin: judgeCondition(condition, statement, kind),
  }));
  if (pins.some(({ pin }) => pin.holds === 'own')) return [];
  const heldTo = (['name', 'network'] as const).find((held) => pins.some(({ pin }) => pin.holds === held));
  const why = pins.map(({ condition: { operator, key }, pin }) => `${operator} ${key} ${pin.why}`);
  return [{ kind, statement, principals, heldTo: heldTo ?? 'nothing', why }];
}

interface Judgement {
  readonly holds: 'own' | 'network' | 'name' | 'nothing';
  readonly why: string;
}

const HOLDS_NOTHING = (why: string): Judgement => ({ holds: 'nothing', why });

function judgeCondition(condition: Condition, statement: Statement, kind: StrangerKind): Judgement {
  const { operator, key, values } = condition;
  const known = findConditionKey(key);
  if (known === undefined)
    return HOLDS_NOTHING('has a key that this action does not know: is it spelled rightly?');
  const read = readOperator(operator);
  if (read.comparison === 'null') return HOLDS_NOTHING('only asks whether the key is there');
  if (read.negated)
    return HOLDS_NOTHING('only excludes: it holds for all others, and where the key is missing');
  const lenient = read.ifExists || read.quantifier === 'ForAllValues';
  if (lenient && !requiresKey(statement, key)) return HOLDS_NOTHING('holds, too, where the key is missing');
  const pin = findPin(key, kind);
  if (pin === undefined) return HOLDS_NOTHING(whyNoPin(known.subject, key));
  if (!pin.by.includes(read.comparison))
    return HOLDS_NOTHING(`uses an operator that does not compare it with ${pin.what}`);
  if (known.multivalued && read.quantifier === undefined)
    return HOLDS_NOTHING('has a key of several values, which needs ForAnyValue');
  const open = values.find((value) => !pin.isFixed(value, read));
  if (open !== undefined) return HOLDS_NOTHING(`has the value ${quote(open)}, which is not ${pin.what}`);
  return pin.held(values);
}

/** Whether `Null` with `false` stands beside it, so that the key has to be there. */
function requiresKey({ conditions }: Statement, key: string): boolean {
  return conditions.some(
    (each) =>
      each.operator === 'Null' &&
      each.key.toLowerCase() === key.toLowerCase() &&
      each.values.every((value) => value.toLowerCase() === 'false'),
  );
}

const ABOUT_REQUEST = 'is about the request, which everybody can make so';
const WHY_NO_PIN: Readonly<Record<ConditionKey['subject'], string>> = {
  caller: 'does not tell whose the caller is',
  source: ABOUT_REQUEST,
  request: ABOUT_REQUEST,
  network: 'is about a network that is not yours alone',
  resource: 'is about the key, which is the same for everybody',
  time: 'is about the time, which is the same for everybody',
};

function whyNoPin(subject: ConditionKey['subject'], key: string): string {
  const isSetByEveryAccount = /:(principaltag\/|username$|sourceidentity$|rolesessionname$)/i.test(key);
  if (subject === 'caller' && isSetByEveryAccount)
    return 'is about something that every account sets for itself';
  return WHY_NO_PIN[subject];
}

interface Pin {
  readonly what: string;
  /** What has to compare it: by an order (`NumericGreaterThan`) one account is as good as half of them. */
  readonly by: readonly Comparison[];
  readonly isFixed: (value: string, operator: Operator) => boolean;
  readonly held: (values: readonly string[]) => Judgement;
}

const own = (): Judgement => ({ holds: 'own', why: '' });
const network = (): Judgement => ({ holds: 'network', why: 'holds it to a network, whoever is in it' });

function byText(what: string, isFixed: Pin['isFixed'], held: Pin['held'] = own): Pin {
  return { what, by: ['string', 'arn'], isFixed, held };
}

function matching(what: string, pattern: RegExp, held?: Pin['held']): Pin {
  return byText(what, (value) => pattern.test(value), held);
}

const ACCOUNT = matching('one account of 12 digits', /^\d{12}$/);
const ORGANISATION = matching('the id of one organisation', /^o-[a-z0-9]+$/);
const ORG_PATH = matching('a path that begins with the id of one organisation', /^o-[a-z0-9]+\/[^$]*$/);
const IDENTITY = byText(
  'an ARN that begins with one account',
  (value, operator) =>
    hasFixedAccount(value, operator) && ['iam', 'sts'].includes(splitArn(value)?.service ?? ''),
);
const SOURCE = byText(
  'an ARN with one account',
  (value, operator) => hasFixedAccount(value, operator) || isFixedName(value),
  (values) =>
    values.some(isFixedName)
      ? {
          holds: 'name',
          why: 'names a resource whose ARN has no account: whoever takes the name once it is free is let in, so aws:SourceAccount belongs beside it',
        }
      : own(),
);
const CONTEXT = byText(
  'an ARN with one account',
  (value, operator) => hasFixedAccount(value, operator) || isTrailOfAccount(value),
);
const ADDRESS: Pin = {
  what: 'a public range of at most 65,536 addresses',
  by: ['ip'],
  isFixed: isNarrowRange,
  held: (values) =>
    areFew(values)
      ? network()
      : HOLDS_NOTHING('has so many ranges that together they are no network of one organisation'),
};

/** What callers can be held to. */
const CALLER_PINS: ReadonlyMap<string, Pin> = new Map([
  ['kms:calleraccount', ACCOUNT],
  ['aws:principalaccount', ACCOUNT],
  ['aws:principalarn', IDENTITY],
  ['aws:principalorgid', ORGANISATION],
  ['aws:principalorgpaths', ORG_PATH],
  [
    'aws:userid',
    matching('the unique id of one role or user', /^(?:A(?:ROA|IDA)[A-Z0-9]{12,124}|\d{12})(?::[^$]*)?$/),
  ],
  ['aws:sourceaccount', ACCOUNT],
  ['aws:sourcearn', SOURCE],
  ['aws:sourceorgid', ORGANISATION],
  ['aws:sourceorgpaths', ORG_PATH],
  ['aws:sourceip', ADDRESS],
  ['aws:sourcevpc', matching('the id of one VPC', /^vpc-[0-9a-f]+$/, network)],
  ['aws:sourcevpce', matching('the id of one VPC endpoint', /^vpce-[0-9a-f]+$/, network)],
  ['aws:sourcevpcarn', { ...CONTEXT, held: network }],
  ['aws:vpceaccount', { ...ACCOUNT, held: network }],
  ['aws:vpceorgid', { ...ORGANISATION, held: network }],
  ['aws:vpceorgpaths', { ...ORG_PATH, held: network }],
]);

/**
 * The claims by which an identity provider tells the user's own application or one subject. The audience does so only
 * where it is the application's own id; GitHub's, for one, is the same for all its users.
 */
const CLAIMS =
  /^(?:.+:sub|(?:cognito-identity\.amazonaws\.com|accounts\.google\.com):aud|accounts\.google\.com:(?:azp|oaud)|(?:www\.amazon\.com|graph\.facebook\.com):app_id)$/;
const CLAIM = matching('fixed', /^[^*?$]+$/);

function findPin(key: string, kind: StrangerKind): Pin | undefined {
  const name = key.toLowerCase();
  // A service puts its resource's ARN into the encryption context itself; any other caller writes what it likes.
  if (kind === 'service' && name.startsWith('kms:encryptioncontext:aws:')) return CONTEXT;
  if (kind === 'federated' && name.includes('.') && CLAIMS.test(name)) return CLAIM;
  return CALLER_PINS.get(name);
}

/**
 * Whether an ARN or a pattern of ARNs can only mean one account. ARN operators compare part by part, so that the other
 * parts may be patterns; in `StringLike` a wildcard before the account would reach over it:
 * `arn:aws:states:*:111122223333:*` is true for `…:us-east-1:999999999999:execution:111122223333:x`, too.
 */
function hasFixedAccount(value: string, { comparison }: Operator): boolean {
  const arn = splitArn(value);
  if (arn === undefined || !/^\d{12}$/.test(arn.account) || value.includes('$')) return false;
  return comparison === 'arn' || !/[*?]/.test(`${arn.partition}${arn.service}${arn.region}`);
}

/** Of services whose ARNs have no account, as S3's buckets: one resource, by a name that is there once in the world. */
function isFixedName(value: string): boolean {
  const arn = splitArn(value);
  if (arn === undefined || arn.account !== '' || value.includes('$')) return false;
  const name = arn.service === 's3' ? (arn.resource.split('/')[0] ?? '') : arn.resource;
  return name !== '' && !/[*?]/.test(`${arn.partition}${arn.service}${arn.region}${name}`);
}

/** CloudTrail's own policy has every Region in a `StringLike`; names of trails have no colon that it could reach over. */
function isTrailOfAccount(value: string): boolean {
  return /^arn:[a-z-]+:cloudtrail:\*:\d{12}:trail\/[^$]+$/.test(value);
}

/** Private, shared, local and reserved addresses: everybody's. */
const EVERYBODYS = {
  4: listOfRanges([
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
    ...['192.168.0.0/16', '224.0.0.0/3'],
  ]),
  6: listOfRanges(['::/8', '64:ff9b::/32', 'fc00::/7', 'fe80::/10', 'ff00::/8']),
};

/** The widest range that one organisation is taken to have: 65,536 addresses of IPv4, a registry's smallest IPv6 block. */
const WIDEST_BITS = { 4: 16, 6: 32 } as const;

/** A range that one organisation may have for itself: private addresses are everybody's, and a wide range is many's. */
function isNarrowRange(value: string): boolean {
  const range = readRange(value);
  if (range === undefined) return false;
  const { network, bits, family } = range;
  return bits >= WIDEST_BITS[family] && !EVERYBODYS[family].check(network, `ipv${family}`);
}

/** Of narrow ranges the whole Internet can be made, too: together they are as much as four of the widest at most. */
function areFew(values: readonly string[]): boolean {
  const ranges = [...new Set(values)].flatMap((value) => readRange(value) ?? []);
  const shares = ranges.map(({ bits, family }) => 2 ** (WIDEST_BITS[family] - bits));
  return shares.reduce((sum, share) => sum + share, 0) <= 4;
}

/** The accounts to which a statement's conditions hold its callers; undefined where they do not name accounts. */
export function accountsHeldTo(statement: Statement): readonly string[] | undefined {
  const kind = statement.principals.not ? 'everybody-except' : 'everybody';
  return statement.conditions
    .filter((condition) => judgeCondition(condition, statement, kind).holds === 'own')
    .map(({ values }) => values.map(accountIn))
    .find((accounts): accounts is string[] => accounts.every((account) => account !== undefined));
}

function accountIn(value: string): string | undefined {
  return /^\d{12}$/.test(value) ? value : splitArn(value)?.account || undefined;
}
