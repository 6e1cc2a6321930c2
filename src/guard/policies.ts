import { describeCondition, type Policy, type Principal, type Statement } from '../policy/document.js';
import { judgeControl, type Control } from '../policy/lockout.js';
import { findForeignPower } from '../policy/power.js';
import {
  accountOfPrincipal,
  deletedKind,
  describePrincipal,
  EVERYBODY,
  isRoot,
  isSamePrincipal,
} from '../policy/principals.js';
import { accountsHeldTo, findOpenings, type Opening, type StrangerKind } from '../policy/strangers.js';
import { quote } from '../quote.js';
import { diffAccess, findAccount, findUndecidedPolicies, isGain, policyOfSide } from '../plan/access.js';
import { canonicalPolicy } from '../plan/canonical.js';
import { changesPolicy, isKept, isKey } from '../plan/model.js';
import { partitionOfKey } from '../plan/region.js';
import type { PlanModel, ResourceChange } from '../plan/types.js';
import { capitalise, joinWords, nameSome } from '../phrases.js';
import { type Finding, type Rule, type Words, nameKeys, stop, tell, textOf, warn } from './finding.js';

/**
 * What lies in the planned policies: who could never change one any more, and who gets in that nobody named.
 * @param now milliseconds since the epoch
 */
export function judgePolicies(model: PlanModel, now?: number): Finding[] {
  const account = findAccount(model);
  return [
    ...judgeUndecided(model),
    ...groupPolicies(model).flatMap((group) => [
      ...judgeControlOf(group, account, now),
      ...findOpenings(group.policy).flatMap((opening) => judgeOpening(group, opening)),
      ...judgePower(group, account),
      ...judgeDeleted(group),
    ]),
    ...judgeNewAccounts(model, account),
    ...judgeNewPrincipals(model, account),
  ];
}

/** Equal policies of several keys: judged once, as they usually are all the same. */
interface PolicyGroup {
  readonly policy: Policy;
  readonly keys: readonly ResourceChange[];
  /** Whether the plan puts it in place; a policy that is there and stays is no reason to stop. */
  readonly planned: boolean;
}

function groupPolicies({ resources }: PlanModel): PolicyGroup[] {
  const groups = new Map<string, PolicyGroup>();
  for (const key of resources.filter(isKey)) {
    const text = key.after?.['policy'];
    const policy = policyOfSide(key, 'after');
    if (typeof text !== 'string' || policy === undefined) continue;
    const planned = changesPolicy(key);
    const id = JSON.stringify([planned, canonicalPolicy(text, key.region)]);
    groups.set(id, { policy, planned, keys: [...(groups.get(id)?.keys ?? []), key] });
  }
  return [...groups.values()];
}

/** Stops for what the plan would put in place, warns of what is there already. */
function judge(group: PolicyGroup, rule: Rule, words: Words): Finding {
  return group.planned ? stop(rule, { ...words, at: group.keys }) : warn(rule, { ...words, at: group.keys });
}

/** Warns of what the plan would put in place; what is there already has been seen. */
function warnOf(group: PolicyGroup, rule: Rule, words: Words): Finding[] {
  return group.planned ? [warn(rule, { ...words, at: group.keys })] : [];
}

function whereOf({ keys }: PolicyGroup): string {
  return joinWords(keys.map(({ region }) => region ?? 'an unknown Region').sort());
}

/** E.g. `statement 2 ("Allow use")`. */
function nameStatement({ position, sid }: Statement): string {
  return `statement ${position}${sid === undefined ? '' : ` (${quote(sid)})`}`;
}

/** At most this many principals or conditions are named in a sentence. */
const MOST_NAMED = 10;

function namePrincipals(principals: readonly Principal[]): string {
  return nameSome(principals.map(describePrincipal).sort(), MOST_NAMED);
}

const KEEP_ROOT =
  'Keep a statement that allows `kms:*` to the root of the account, and no denial that takes it away.';

function judgeControlOf(group: PolicyGroup, account: string | undefined, now: number | undefined): Finding[] {
  const control = judgeControl(group.policy, {
    account,
    now,
    partition: partitionOfKey(group.keys[0] ?? { region: undefined }),
    keys: group.keys.map(({ region, kind, before, after }) => {
      const arn = textOf(after, 'arn') ?? textOf(before, 'arn');
      return { region: region ?? '', role: kind === 'replica' ? 'replica' : 'primary', arn };
    }),
  });
  if (control.answer === 'never') {
    return [judge(group, 'nobody-can-put-policy', { reason: whyLost(control), wayOut: KEEP_ROOT })];
  }
  const where = joinWords([...control.regions].sort());
  if (control.answer === 'maybe') {
    const conditions = nameSome(control.hangsOn.map(describeCondition), MOST_NAMED);
    const hangsOn = conditions === '' ? 'who the caller is' : conditions;
    const reason = `Whether anybody can change the key policy in ${where} again depends on ${hangsOn}. If nobody meets it, the policy can never be changed.`;
    return warnOf(group, 'put-policy-conditional', { reason, wayOut: KEEP_ROOT });
  }
  if (control.root === 'always') return [];
  const reason = `The key policy in ${where} does not always leave kms:PutKeyPolicy to the account's root: once the roles and users that it names are deleted, nobody can change it.`;
  return warnOf(group, 'put-policy-without-root', { reason, wayOut: KEEP_ROOT });
}

function whyLost({ regions, lostFrom, uncounted }: Control): string {
  const where = joinWords([...regions].sort());
  const when = lostFrom === undefined ? '' : ` from ${lostFrom.toISOString().slice(0, 10)} on`;
  const reason = `The key policy in ${where} leaves nobody in the account with kms:PutKeyPolicy${when}: it could never be changed again, except by AWS Support.`;
  if (uncounted.length === 0) return reason;
  return `${reason} Who is named does not count, as a session ends, nobody can act as a service-linked role, and what was deleted is gone: ${namePrincipals(uncounted)}.`;
}

const WHO: Readonly<Record<StrangerKind, string>> = {
  everybody: 'everybody, in every AWS account',
  'everybody-except': 'everybody, in every AWS account, but those it excludes',
  federated: "an identity provider's users, whoever they are:",
  'canonical-user': 'an account by its canonical user id, which does not say which account it is:',
  service: 'an AWS service, for whichever account it works:',
};

const PIN_IT =
  'Name accounts, roles or users; or add a condition that pins the statement to something of yours, with fixed values, such as StringEquals on kms:CallerAccount or aws:PrincipalOrgID.';
const PIN_SOURCE =
  'Add a condition such as StringEquals on aws:SourceAccount, or ArnLike on aws:SourceArn with your account in it.';

function judgeOpening(group: PolicyGroup, opening: Opening): Finding[] {
  const { kind, statement, principals, heldTo, why } = opening;
  const isPublic = kind === 'everybody' || kind === 'everybody-except';
  const who = isPublic ? WHO[kind] : `${WHO[kind]} ${namePrincipals(principals)}`;
  const said =
    why.length === 0
      ? ''
      : ` Its conditions do not pin it to anything of yours: ${why.slice(0, 5).join('; ')}.`;
  const reason = `${capitalise(nameStatement(statement))} of the key policy in ${whereOf(group)} lets in ${who}.${said}`;
  if (kind === 'service') {
    const rule = heldTo === 'name' ? 'service-source-by-name' : 'service-without-source';
    return warnOf(group, rule, { reason, wayOut: PIN_SOURCE });
  }
  if (heldTo !== 'nothing') return warnOf(group, 'held-to-network', { reason, wayOut: PIN_IT });
  const rule = isPublic ? 'public-principal' : (`${kind}-principal` as const);
  return [judge(group, rule, { reason, wayOut: PIN_IT })];
}

function judgePower(group: PolicyGroup, account: string | undefined): Finding[] {
  if (account === undefined) return [];
  return findForeignPower(group.policy, account).flatMap(({ statement, principals, powers }) => {
    const grants = powers.includes('kms:CreateGrant')
      ? ' With kms:CreateGrant and no limit to it they can pass the use of the key on to anybody.'
      : '';
    const reason = `${capitalise(nameStatement(statement))} of the key policy in ${whereOf(group)} gives ${joinWords(powers)} to principals outside of the account: ${namePrincipals(principals)}.${grants}`;
    const wayOut =
      'Allow others the actions that use the key, and grants only with the condition Bool kms:GrantIsForAWSResource "true".';
    return warnOf(group, 'foreign-power', { reason, wayOut });
  });
}

/** A policy that names what was deleted, as AWS shows it, whether the plan keeps it or puts it right. */
function judgeDeleted({ policy, keys }: PolicyGroup): Finding[] {
  const before = keys.flatMap((key) => policyOfSide(key, 'before')?.statements ?? []);
  const all = [...policy.statements, ...before].flatMap(({ principals }) => principals.members);
  const deleted = new Map(
    all.flatMap((each) => {
      const kind = deletedKind(each);
      return kind === undefined ? [] : [[each.value, `${each.value} (a ${kind})`] as const];
    }),
  );
  if (deleted.size === 0) return [];
  const reason = `The key policy in ${whereOf({ policy, keys, planned: false })} names a principal that was deleted since: AWS shows ${nameSome([...deleted.values()], MOST_NAMED)} in place of its ARN. A new principal of the same name gets no access by it.`;
  const wayOut =
    'If the plan names that ARN again, it lets in whatever has this name now: find out who made it. Otherwise take it out of the inputs.';
  return [warn('deleted-principal', { reason, wayOut, at: keys })];
}

function judgeUndecided(model: PlanModel): Finding[] {
  return findUndecidedPolicies(model)
    .filter(({ change }) => change.action !== 'no-op' || change.importing !== undefined)
    .map(({ change, problem }) =>
      stop('policy-unreadable', {
        reason: `The planned key policy in ${change.region ?? 'an unknown Region'} can't be reviewed: ${problem}.`,
        wayOut: 'Correct the `policy` input, so that the plan holds the whole policy.',
        at: change,
      }),
    );
}

/** The principals that one side's policies name in an Allow. */
function allowedOf(
  { resources }: PlanModel,
  side: 'before' | 'after',
  which: (change: ResourceChange) => boolean,
): Statement[] {
  return resources
    .filter((change) => isKey(change) && isKept(change) && which(change))
    .flatMap((change) => policyOfSide(change, side)?.statements ?? [])
    .filter(({ effect, principals }) => effect === 'Allow' && !principals.not);
}

/** The accounts that statements let in as a whole: by their root, or by a condition on everybody. */
function wholeAccounts(statements: readonly Statement[]): Set<string> {
  return new Set(
    statements.flatMap((statement) => {
      const { members } = statement.principals;
      const everybody = members.some((each) => isSamePrincipal(each, EVERYBODY));
      const roots = members.filter(isRoot).flatMap((each) => accountOfPrincipal(each) ?? []);
      return [...roots, ...(everybody ? (accountsHeldTo(statement) ?? []) : [])];
    }),
  );
}

/** Other accounts whose administrators may from now on decide by themselves who uses the key. */
function judgeNewAccounts(model: PlanModel, account: string | undefined): Finding[] {
  const known = wholeAccounts(allowedOf(model, 'before', () => true));
  const fresh = [...wholeAccounts(allowedOf(model, 'after', changesPolicy))]
    .filter((each) => each !== account && !known.has(each))
    .sort();
  if (fresh.length === 0) return [];
  const [subject, whose] =
    fresh.length === 1
      ? [`The whole account ${joinWords(fresh)} gains`, 'its']
      : [`The whole accounts ${joinWords(fresh)} gain`, 'their'];
  return [
    tell('account-let-in', {
      reason: `${subject} access: ${whose} administrators decide which users and roles there have it.`,
      wayOut: 'To let in less, name roles in `users` instead of accounts in `account-ids`.',
    }),
  ];
}

/** Roles, users and sessions of other accounts that a policy names for the first time. */
function judgeNewPrincipals(model: PlanModel, account: string | undefined): Finding[] {
  const before = allowedOf(model, 'before', () => true);
  const whole = wholeAccounts(before);
  const known = new Set(before.flatMap(({ principals }) => principals.members.map(describePrincipal)));
  const fresh = allowedOf(model, 'after', changesPolicy)
    .flatMap(({ principals }) => principals.members)
    .filter((each) => {
      const whose = each.type === 'AWS' && !isRoot(each) ? accountOfPrincipal(each) : undefined;
      return whose !== undefined && whose !== account && !whole.has(whose);
    })
    .filter((each) => !known.has(describePrincipal(each)));
  if (fresh.length === 0) return [];
  const one = fresh.length === 1;
  return [
    tell('principal-let-in', {
      reason: `${one ? 'A principal' : 'Principals'} of another account ${one ? 'gains' : 'gain'} access: ${namePrincipals(fresh)}.`,
      wayOut: 'Check with the owner of that account that they are meant.',
    }),
  ];
}

/**
 * Who loses access because an imported key gets the policy of the inputs. Whoever wrote those inputs may never have read the
 * policy that goes: so a reviewer is warned, and a run whose plan nobody reviews is stopped (docs/decisions/import.md).
 * @param isUnreviewed whether `apply` goes on without anybody's having seen the plan
 */
export function judgeImportedAccess(model: PlanModel, isUnreviewed: boolean): Finding[] {
  const imported = model.resources.filter((change) => isKey(change) && change.importing !== undefined);
  const lost = diffAccess({ ...model, resources: imported }).filter((change) => !isGain(change));
  if (lost.length === 0) return [];
  const keys = imported.filter(({ region = '' }) =>
    lost.some(({ regions }) => regions === 'all' || regions.includes(region)),
  );
  const names = lost.map(({ principal }) => principal);
  const who = nameSome(names, MOST_NAMED);
  const reason = `By the import of ${nameKeys(keys)} access is lost, as the key policy becomes that of the inputs: ${who}.`;
  const keep =
    'Name whoever still needs the key in `users`, `administrators` or `account-ids`, or give the whole `policy`.';
  if (!isUnreviewed) return [warn('import-takes-access', { reason, wayOut: keep, at: keys })];
  const wayOut = `${keep} If they are to lose it, have the plan reviewed: \`approved-plan\` in place of \`auto-approve\`.`;
  return [stop('import-takes-access', { reason, wayOut, at: keys })];
}
