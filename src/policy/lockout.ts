import { any, type Answer } from './answer.js';
import { splitArn } from './arn.js';
import type { Condition, Policy, Principal, Statement } from './document.js';
import { evaluate, type Caller, type Lookup, type Value, type Verdict } from './evaluate.js';
import { casesOf } from './cases.js';
import { findConditionKey } from './condition-keys.js';
import { readDate } from './operators.js';
import {
  accountOfPrincipal,
  deletedKind,
  EVERYBODY,
  isRoot,
  isSamePrincipal,
  rootArn,
} from './principals.js';

const PUT_KEY_POLICY = 'kms:PutKeyPolicy';

/** A key that gets the policy's text. */
interface PlacedKey {
  readonly region: string;
  readonly role: 'primary' | 'replica';
  /** Undefined for a key that does not exist yet. */
  readonly arn: string | undefined;
}

export interface ControlRequest {
  /** The keys' account; undefined where it is not known, then every account that the policy names counts. */
  readonly account: string | undefined;
  readonly partition: string;
  readonly keys: readonly PlacedKey[];
  /** Milliseconds since the epoch: what was before does not matter. Default: any time does. */
  readonly now?: number | undefined;
}

/** Who could change a policy again once it is in place. */
export interface Control {
  /** Whether somebody of the account can, for every key, now and later. */
  readonly answer: Answer;
  /** Whether the account's root can, without whom every holder is a role or user that may be deleted. */
  readonly root: Answer;
  /** On what it depends, where it does. */
  readonly hangsOn: readonly Condition[];
  /** The Regions in which the answer is the worst. */
  readonly regions: readonly string[];
  /** From when on nobody can any more, where that is a matter of time. */
  readonly lostFrom: Date | undefined;
  /** Who is allowed to and does not count: sessions end, and nobody calls as a service-linked role. */
  readonly uncounted: readonly Principal[];
}

/**
 * Whether a policy leaves anybody with kms:PutKeyPolicy who always has it: for this very key, in each Region that gets the
 * text, tomorrow as well as today. Only principals of the key's own account count, as the call can't be made from another
 * (KMS API reference, PutKeyPolicy, "Cross-account use: No"); AWS services don't make it at all. What the policy leaves to
 * the account's root counts as held by the root user, and by whom the policy names.
 */
export function judgeControl(policy: Policy, request: ControlRequest): Control {
  const counted = policy.statements.flatMap((statement) => withoutPassing(statement, request.account));
  const lasting = { ...policy, statements: counted };
  const places = hangsOnPlace(lasting) ? request.keys : request.keys.slice(0, 1);
  const judged = places.map((key) => ({ key, ...judgeKey(lasting, { ...request, key }) }));
  const worst = WORST_FIRST.find((answer) => judged.some((each) => each.answer === answer)) ?? 'never';
  const least = WORST_FIRST.find((answer) => judged.some((each) => each.root === answer)) ?? 'never';
  const affected = judged.filter((each) => each.answer === worst);
  return {
    answer: worst,
    root: least,
    hangsOn: worst === 'maybe' ? distinct(affected.flatMap(({ hangsOn }) => hangsOn)) : [],
    regions:
      places === request.keys
        ? affected.map(({ key }) => key.region)
        : request.keys.map(({ region }) => region),
    lostFrom: affected.find(({ lostFrom }) => lostFrom !== undefined)?.lostFrom,
    uncounted: uncountedIn(policy),
  };
}

const WORST_FIRST: readonly Answer[] = ['never', 'maybe', 'always'];

function distinct(conditions: readonly Condition[]): Condition[] {
  return [...new Map(conditions.map((each) => [JSON.stringify(each), each])).values()];
}

/** An Allow without those who hold nothing that lasts, or nothing here; undefined where nobody is left of it. */
function withoutPassing(statement: Statement, account: string | undefined): Statement[] {
  const { effect, principals } = statement;
  if (effect === 'Deny' || principals.not) return [statement];
  const members = principals.members.filter(
    (each) => isSamePrincipal(each, EVERYBODY) || (isLasting(each) && isOf(each, account)),
  );
  return members.length === 0 ? [] : [{ ...statement, principals: { not: false, members } }];
}

function isOf(principal: Principal, account: string | undefined): boolean {
  const whose = accountOfPrincipal(principal);
  return whose !== undefined && (account === undefined || whose === account);
}

/** Sessions end, a service-linked role is used by its service alone, and a unique id is nobody's any more. */
function isLasting(principal: Principal): boolean {
  if (principal.type !== 'AWS' || deletedKind(principal) !== undefined) return false;
  const arn = splitArn(principal.value);
  return arn?.service === 'iam' && !arn.resource.startsWith('role/aws-service-role/');
}

function uncountedIn({ statements }: Policy): Principal[] {
  return statements
    .filter(({ effect, principals }) => effect === 'Allow' && !principals.not)
    .flatMap(({ principals }) => principals.members)
    .filter((each) => each.type === 'AWS' && !isSamePrincipal(each, EVERYBODY) && !isLasting(each));
}

/** Whether the answer can be another for another key: by its ARN, Region or role. */
function hangsOnPlace({ statements }: Policy): boolean {
  const text = JSON.stringify(statements.map(({ resources, conditions }) => [resources, conditions]));
  return /arn:|region|kms:multiregionkeytype|\$\{/i.test(text);
}

interface KeyRequest extends ControlRequest {
  readonly key: PlacedKey;
}

type KeyControl = Pick<Control, 'answer' | 'root' | 'hangsOn' | 'lostFrom'>;

function judgeKey(policy: Policy, request: KeyRequest): KeyControl {
  const always = judgeAt(policy, request, undefined);
  if (always.answer !== 'maybe') return { ...always, lostFrom: undefined };
  return findLost(policy, request) ?? { ...always, lostFrom: undefined };
}

/** A change freeze may keep everybody out for so long: what needs the policy changed can wait for its end. */
const LONGEST_FREEZE_MS = 92 * 24 * 60 * 60_000;

/** The first time in which nobody has the permission, where it does not end or is longer than a freeze. */
function findLost(policy: Policy, request: KeyRequest): KeyControl | undefined {
  let lost: (KeyControl & { readonly lostFrom: Date }) | undefined;
  for (const { time, from } of turningPoints(policy, request.now)) {
    const then = judgeAt(policy, request, new Date(time));
    if (then.answer === 'never') lost ??= { ...then, lostFrom: new Date(from) };
    else if (lost !== undefined && from - lost.lostFrom.getTime() > LONGEST_FREEZE_MS) return lost;
    else lost = undefined;
  }
  return lost;
}

/** @param time undefined for any */
function judgeAt(policy: Policy, request: KeyRequest, time: Date | undefined): Omit<KeyControl, 'lostFrom'> {
  const judged: Omit<KeyControl, 'lostFrom' | 'root'>[] = [];
  for (const holder of holdersOf(policy, request)) {
    judged.push(judgeHolder(policy, { ...request, holder, time }));
    if (judged.at(-1)?.answer === 'always') break; // One who always can is enough; the root comes first.
  }
  return {
    answer: any(judged.map((each) => each.answer)),
    root: judged[0]?.answer ?? 'never',
    hangsOn: judged.filter((each) => each.answer === 'maybe').flatMap(({ hangsOn }) => hangsOn),
  };
}

/** Somebody of the account who may hold the permission. */
interface Holder {
  readonly kind: 'root' | 'role' | 'user' | 'anyone';
  readonly account: string;
  /** Undefined for anyone. */
  readonly arn: string | undefined;
}

/** The root first, then all lasting identities of the account that the policy names anywhere, then anyone else. */
function holdersOf(policy: Policy, { account, partition }: KeyRequest): Holder[] {
  const named = policy.statements.flatMap(({ principals, conditions }) => [
    ...principals.members,
    ...conditions
      .filter(({ key }) => key.toLowerCase() === 'aws:principalarn')
      .flatMap(({ values }) => values.map((value): Principal => ({ type: 'AWS', value }))),
  ]);
  const lasting = alikeOnce(
    policy,
    named.filter((each) => isLasting(each) && !/[*?$]/.test(each.value) && isOf(each, account)),
  );
  const accounts =
    account === undefined ? [...new Set(lasting.map((each) => accountOfPrincipal(each) ?? ''))] : [account];
  return (accounts.length === 0 ? [''] : accounts).flatMap((each): Holder[] => [
    { kind: 'root', account: each, arn: rootArn(each, partition) },
    ...lasting
      .filter((principal) => !isRoot(principal) && accountOfPrincipal(principal) === each)
      .map(({ value }): Holder => {
        const isRole = splitArn(value)?.resource.startsWith('role/') === true;
        return { kind: isRole ? 'role' : 'user', account: each, arn: value };
      }),
    { kind: 'anyone', account: each, arn: undefined },
  ]);
}

/** Of identities that the same statements name, and that no condition tells apart, one stands for all. */
function alikeOnce({ statements }: Policy, identities: readonly Principal[]): Principal[] {
  const text = JSON.stringify(statements.map(({ conditions }) => conditions));
  const isToldApart = /aws:principalarn|aws:userid|aws:username|\$\{/i.test(text);
  const sessions = statements.flatMap(({ principals }) =>
    principals.members.flatMap(({ value }) => /:assumed-role\/([^/]+)\//.exec(value)?.[1] ?? []),
  );
  const likeness = (each: Principal): string => {
    const name = each.value.split('/').at(-1) ?? '';
    if (isToldApart || isRoot(each) || sessions.includes(name)) return each.value;
    const namedIn = statements.filter(({ principals }) =>
      principals.members.some((member) => isSamePrincipal(member, each)),
    );
    const kind = splitArn(each.value)?.resource.split('/')[0];
    return JSON.stringify([kind, accountOfPrincipal(each), namedIn.map(({ position }) => position)]);
  };
  return [...new Map(identities.map((each) => [likeness(each), each])).values()];
}

interface HolderRequest extends KeyRequest {
  readonly holder: Holder;
  readonly time: Date | undefined;
}

function judgeHolder(policy: Policy, request: HolderRequest): Omit<KeyControl, 'lostFrom' | 'root'> {
  const { key, holder, partition } = request;
  const resource =
    key.arn === undefined
      ? { beginning: `arn:${partition}:kms:${key.region}:${holder.account}:key/mrk-` }
      : { text: key.arn };
  const caller = callerOf(holder, partition);
  const ask = (look: Lookup): Verdict => evaluate(policy, { caller, action: PUT_KEY_POLICY, resource, look });
  // The caller chooses whether KMS checks for a lock-out.
  const verdicts = ['false', 'true'].map((bypass) => {
    const look = lookupOf(request, bypass);
    const verdict = ask(look);
    return verdict.answer === 'maybe'
      ? { ...verdict, answer: bothWays(casesOf(policy, look).map(ask)) }
      : verdict;
  });
  return {
    answer: any(verdicts.map(({ answer }) => answer)),
    hangsOn: verdicts.flatMap(({ allows, denies }) =>
      [...denies, ...allows].flatMap(({ hangsOn }) => hangsOn),
    ),
  };
}

/** What holds in each case holds always, what holds in none never. */
function bothWays(cases: readonly Verdict[]): Answer {
  const [first, ...others] = new Set(cases.map(({ answer }) => answer));
  return first === undefined || others.length > 0 ? 'maybe' : first;
}

function callerOf({ kind, account, arn }: Holder, partition: string): Caller {
  const root: Principal = { type: 'AWS', value: rootArn(account, partition) };
  if (kind === 'root') return { names: [root] };
  // Anyone whom the policy does not name has an ARN that is in none of its lists.
  const name: Principal = { type: 'AWS', value: arn ?? `arn:${partition}:iam::${account}:*` };
  if (kind !== 'role') return { names: [name, root] };
  const session = `arn:${partition}:sts::${account}:assumed-role/${arn?.split('/').at(-1) ?? ''}/`;
  return { names: [name, root], mayBe: ({ type, value }) => type === 'AWS' && value.startsWith(session) };
}

const ABSENT: Value = { is: 'absent' };

function known(...values: string[]): Value {
  return { is: 'values', values };
}

/**
 * What is known of a call of PutKeyPolicy that somebody of the account makes: directly, by TLS (KMS has no other), with
 * parameters of that operation only (KMS developer guide, "AWS KMS condition keys", column "API operations").
 */
function lookupOf(request: HolderRequest, bypass: string): Lookup {
  const { key, holder, time } = request;
  const facts: Readonly<Record<string, Value>> = {
    ...identityFacts(holder, request.partition),
    'aws:principalaccount': known(holder.account),
    'kms:calleraccount': known(holder.account),
    'aws:resourceaccount': known(holder.account),
    'aws:requestedregion': known(key.region),
    'aws:securetransport': known('true'),
    'aws:principalisawsservice': known('false'),
    'aws:viaawsservice': known('false'),
    'kms:bypasspolicylockoutsafetycheck': known(bypass),
    'kms:multiregion': known('true'),
    'kms:multiregionkeytype': known(key.role.toUpperCase()),
    ...(time === undefined
      ? {}
      : {
          'aws:currenttime': known(time.toISOString()),
          'aws:epochtime': known(String(Math.floor(time.getTime() / 1000))),
        }),
  };
  const byName = new Map(Object.entries(facts));
  return (name) => byName.get(name.toLowerCase()) ?? factOf(name.toLowerCase());
}

function identityFacts({ kind, account, arn }: Holder, partition: string): Record<string, Value> {
  if (arn === undefined) {
    return {
      'aws:principalarn': {
        is: 'unknown',
        present: 'always',
        beginning: `arn:${partition}:iam::${account}:`,
      },
    };
  }
  const name = arn.split('/').at(-1) ?? '';
  const types = { root: 'Account', role: 'AssumedRole', user: 'User', anyone: '' } as const;
  return {
    'aws:principalarn': known(arn),
    'aws:principaltype': known(types[kind]),
    'aws:username': kind === 'user' ? known(name) : ABSENT,
    ...(kind === 'root' ? { 'aws:userid': known(account) } : {}),
  };
}

/** Keys that a direct call of PutKeyPolicy does not have, and that others may have. */
function factOf(name: string): Value {
  const key = findConditionKey(name);
  if (key === undefined) return { is: 'unknown', present: 'maybe' };
  const isOfService = key.subject === 'source' || /^aws:(calledvia|principalservicename)/.test(name);
  const isOfOtherCalls = key.subject === 'request' && !/^aws:(referer|useragent)$/.test(name);
  if (isOfService || isOfOtherCalls) return ABSENT;
  return { is: 'unknown', present: key.present };
}

/** Within what JavaScript and IAM's four-digit years can say. */
const MOST_MS = Date.UTC(9999, 11, 31);

/**
 * The times at which a condition on the clock may change, in order: now, and each date that the policy has, with the
 * second after it, from which on what it says holds until the next. A time in which nobody has the permission may end
 * again, in a thousand years.
 */
function turningPoints({ statements }: Policy, now: number | undefined): { time: number; from: number }[] {
  const dates = statements
    .flatMap(({ conditions }) => conditions)
    .filter(({ key }) => /^aws:(currenttime|epochtime)$/i.test(key))
    .flatMap(({ values }) => values.flatMap((value) => readDate(value) ?? []))
    .filter((time) => Math.abs(time) < MOST_MS);
  if (dates.length === 0) return [];
  const ordered = [...new Set(dates)].sort((a, b) => a - b);
  // What has begun holds from its own date on.
  const begun = ordered.filter((time) => time <= (now ?? -Infinity)).at(-1);
  return [
    ...(now === undefined ? [] : [{ time: now, from: begun ?? now }]),
    ...ordered
      .filter((time) => time > (now ?? -Infinity))
      .flatMap((from) => [from, from + 1000].map((time) => ({ time, from }))),
  ];
}
