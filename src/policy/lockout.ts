import { any, type Answer } from './answer.js';
import { splitArn } from './arn.js';
import { casesOf } from './cases.js';
import type { Lookup, Value } from './condition.js';
import { findConditionKey } from './condition-keys.js';
import type { Condition, Policy, Principal, Statement } from './document.js';
import { evaluate, type Caller, type Verdict } from './evaluate.js';
import { readDate } from './operators.js';
import { accountOfPrincipal, EVERYBODY, isRoot, isSamePrincipal, rootArn } from './principals.js';

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
  const holders = holdersOf(lasting, request);
  const places = hangsOnPlace(lasting) ? request.keys : request.keys.slice(0, 1);
  const judged = places.map((key) => ({ key, ...judgeKey(lasting, { ...request, key, holders }) }));
  const worst = WORST_FIRST.find((answer) => judged.some((each) => each.answer === answer)) ?? 'never';
  const least = WORST_FIRST.find((answer) => judged.some((each) => each.root === answer)) ?? 'never';
  const affected = judged.filter((each) => each.answer === worst);
  const keys = places === request.keys ? affected.map(({ key }) => key) : request.keys;
  return {
    answer: worst,
    root: least,
    hangsOn: worst === 'maybe' ? distinct(affected.flatMap(({ hangsOn }) => hangsOn)) : [],
    regions: keys.map(({ region }) => region),
    lostFrom: affected.find(({ lostFrom }) => lostFrom !== undefined)?.lostFrom,
    uncounted: uncountedIn(policy),
  };
}

const WORST_FIRST: readonly Answer[] = ['never', 'maybe', 'always'];

function distinct(conditions: readonly Condition[]): Condition[] {
  return [...new Map(conditions.map((each) => [JSON.stringify(each), each])).values()];
}

/** An Allow without those who hold nothing that lasts, or nothing here; empty where nobody is left of it. */
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
function isLasting({ type, value }: Principal): boolean {
  const arn = type === 'AWS' ? splitArn(value) : undefined;
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
  readonly holders: readonly Holder[];
}

type KeyControl = Pick<Control, 'answer' | 'root' | 'hangsOn' | 'lostFrom'>;

function judgeKey(policy: Policy, request: KeyRequest): KeyControl {
  const always = judgeAt(policy, request, undefined);
  return always.answer === 'maybe' ? (findLost(policy, request) ?? always) : always;
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
function judgeAt(policy: Policy, request: KeyRequest, time: Date | undefined): KeyControl {
  const judged: Pick<KeyControl, 'answer' | 'hangsOn'>[] = [];
  for (const holder of request.holders) {
    judged.push(judgeHolder(policy, request, holder, time));
    if (judged.at(-1)?.answer === 'always') break; // One who always can is enough; the root comes first.
  }
  return {
    answer: any(judged.map((each) => each.answer)),
    root: judged[0]?.answer ?? 'never',
    hangsOn: judged.filter((each) => each.answer === 'maybe').flatMap(({ hangsOn }) => hangsOn),
    lostFrom: undefined,
  };
}

/** Somebody of the account who may hold the permission. */
interface Holder {
  readonly account: string;
  readonly caller: Caller;
  /** What condition keys say of who it is, by their names in lower case. */
  readonly facts: Readonly<Record<string, Value>>;
}

/** The root first, then all lasting identities of the account that the policy names anywhere, then anyone else. */
function holdersOf(policy: Policy, { account, partition }: ControlRequest): Holder[] {
  const named = policy.statements.flatMap(({ principals, conditions }) => [
    ...principals.members,
    ...conditions
      .filter(({ key }) => key.toLowerCase() === 'aws:principalarn')
      .flatMap(({ values }) => values.map(identity)),
  ]);
  const lasting = alikeOnce(
    policy,
    named.filter((each) => isLasting(each) && !/[*?$]/.test(each.value) && isOf(each, account)),
  );
  const accounts =
    account === undefined ? [...new Set(lasting.map((each) => accountOfPrincipal(each) ?? ''))] : [account];
  return (accounts.length === 0 ? [''] : accounts).flatMap((each) => [
    holderOf(rootArn(each, partition), each, partition),
    ...lasting
      .filter((principal) => !isRoot(principal) && accountOfPrincipal(principal) === each)
      .map(({ value }) => holderOf(value, each, partition)),
    anyoneOf(each, partition),
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

function identity(arn: string): Principal {
  return { type: 'AWS', value: arn };
}

const ABSENT: Value = { is: 'absent' };

function known(...values: string[]): Value {
  return { is: 'values', values };
}

/** The root of an account, or one of its roles or users; a role is there by its sessions. */
function holderOf(arn: string, account: string, partition: string): Holder {
  const [kind = '', ...path] = splitArn(arn)?.resource.split('/') ?? [];
  const name = path.at(-1) ?? '';
  const session = `arn:${partition}:sts::${account}:assumed-role/${name}/`;
  const mayBe = ({ type, value }: Principal): boolean => type === 'AWS' && value.startsWith(session);
  return {
    account,
    caller: {
      names: [identity(arn), identity(rootArn(account, partition))],
      ...(kind === 'role' ? { mayBe } : {}),
    },
    facts: {
      'aws:principalarn': known(arn),
      'aws:principaltype': known(kind === 'root' ? 'Account' : kind === 'role' ? 'AssumedRole' : 'User'),
      'aws:username': kind === 'root' || kind === 'role' ? ABSENT : known(name),
      ...(kind === 'root' ? { 'aws:userid': known(account) } : {}),
    },
  };
}

/** Whom the policy does not name has an ARN that is in none of its lists. */
function anyoneOf(account: string, partition: string): Holder {
  const beginning = `arn:${partition}:iam::${account}:`;
  return {
    account,
    caller: { names: [identity(`${beginning}*`), identity(rootArn(account, partition))] },
    facts: { 'aws:principalarn': { is: 'unknown', present: 'always', beginning } },
  };
}

function judgeHolder(
  policy: Policy,
  request: KeyRequest,
  holder: Holder,
  time: Date | undefined,
): Pick<KeyControl, 'answer' | 'hangsOn'> {
  const { key, partition } = request;
  const resource =
    key.arn === undefined
      ? { beginning: `arn:${partition}:kms:${key.region}:${holder.account}:key/mrk-` }
      : { text: key.arn };
  const ask = (look: Lookup): Verdict =>
    evaluate(policy, { caller: holder.caller, action: 'kms:PutKeyPolicy', resource, look });
  // The caller chooses whether KMS checks for a lock-out.
  const verdicts = ['false', 'true'].map((bypass) => {
    const look = lookupOf(key, holder, time, bypass);
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

/**
 * What is known of a call of PutKeyPolicy that somebody of the account makes: directly, by TLS (KMS has no other), with
 * parameters of that operation only (KMS developer guide, "AWS KMS condition keys", column "API operations").
 */
function lookupOf(
  { region, role }: PlacedKey,
  { account, facts }: Holder,
  time: Date | undefined,
  bypass: string,
): Lookup {
  const all: Readonly<Record<string, Value>> = {
    ...facts,
    'aws:principalaccount': known(account),
    'kms:calleraccount': known(account),
    'aws:resourceaccount': known(account),
    'aws:requestedregion': known(region),
    'aws:securetransport': known('true'),
    'aws:principalisawsservice': known('false'),
    'aws:viaawsservice': known('false'),
    'kms:bypasspolicylockoutsafetycheck': known(bypass),
    'kms:multiregion': known('true'),
    'kms:multiregionkeytype': known(role.toUpperCase()),
    ...(time === undefined
      ? {}
      : {
          'aws:currenttime': known(time.toISOString()),
          'aws:epochtime': known(String(Math.floor(time.getTime() / 1000))),
        }),
  };
  const byName = new Map(Object.entries(all));
  return (name) => byName.get(name.toLowerCase()) ?? factOf(name.toLowerCase());
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
