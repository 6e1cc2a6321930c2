import { findUndecidedPolicies } from '../access.js';
import { canonicalPolicy } from '../canonical.js';
import { joinWords, stop, warn, type Words } from './words.js';
import { isKept, isKey } from '../model.js';
import { findPublicStatement, judgePolicyControl } from './policy-risks.js';
import { readKeyPolicy, type KeyPolicy } from '../policy.js';
import { accountOfArn } from '../region.js';
import type { AccessChange, Finding, PlanModel, ResourceChange } from '../types.js';

/** What lies in the planned policies: nobody could change one any more, anybody could use a key. */
export function judgePolicies(model: PlanModel, access: readonly AccessChange[]): Finding[] {
  const accountId = findAccount(model);
  return [
    ...judgeUndecided(model),
    ...groupPolicies(model).flatMap((group) => [...judgeControl(group, accountId), ...judgePublic(group)]),
    ...judgeAccounts(access, accountsBefore(model).add(accountId ?? '')),
  ];
}

/** Equal policies of several keys: judged once, as they usually are all the same. */
interface PolicyGroup {
  readonly policy: KeyPolicy;
  readonly keys: readonly ResourceChange[];
  /** Whether the plan puts it in place; a policy that is there and stays is no reason to stop. */
  readonly planned: boolean;
}

function groupPolicies({ resources }: PlanModel): PolicyGroup[] {
  const groups = new Map<string, PolicyGroup>();
  for (const key of resources.filter(isKey)) {
    const text = key.after?.['policy'];
    if (typeof text !== 'string') continue;
    const reading = readKeyPolicy(text, key.region);
    if ('problem' in reading) continue;
    const planned = putsPolicy(key);
    const id = JSON.stringify([planned, canonicalPolicy(text, key.region)]);
    groups.set(id, { policy: reading.policy, planned, keys: [...(groups.get(id)?.keys ?? []), key] });
  }
  return [...groups.values()];
}

/** A replacement gets its policy anew, and what is imported comes under this review only now, even where it stays. */
function putsPolicy({ action, attributes, importing }: ResourceChange): boolean {
  return action === 'replace' || importing !== undefined || attributes.some(({ name }) => name === 'policy');
}

/** Stops for what the plan would put in place, warns of what is there already. */
function judge(group: PolicyGroup, rule: string, words: Words): Finding {
  return group.planned ? stop(rule, words, placeOf(group)) : warn(rule, words, placeOf(group));
}

/** The one key that it is about; the words name them when there are several. */
function placeOf({ keys: [only, ...more] }: PolicyGroup): ResourceChange | undefined {
  return more.length === 0 ? only : undefined;
}

function whereOf({ keys }: PolicyGroup): string {
  return joinWords(keys.map(({ region }) => region ?? 'an unknown Region').sort());
}

const KEEP_ROOT = 'Keep a statement that allows `kms:*` to the root of the account.';

function judgeControl(group: PolicyGroup, accountId: string | undefined): Finding[] {
  const control = judgePolicyControl(group.policy, accountId);
  const where = whereOf(group);
  if (control === 'lost') {
    const reason = `The key policy in ${where} leaves nobody in the account with kms:PutKeyPolicy: it could never be changed again, except by AWS Support.`;
    return [judge(group, 'nobody-can-put-policy', { reason, wayOut: KEEP_ROOT })];
  }
  if (control === 'kept' || !group.planned) return [];
  const reason = `The key policy in ${where} allows kms:PutKeyPolicy only under a condition; if nobody meets it, the policy can never be changed again.`;
  return [warn('put-policy-conditional', { reason, wayOut: KEEP_ROOT }, placeOf(group))];
}

function judgePublic(group: PolicyGroup): Finding[] {
  const statement = findPublicStatement(group.policy);
  if (statement === undefined) return [];
  const which = statement.principals.not
    ? 'everybody but those it excludes'
    : 'everybody, in every AWS account,';
  const condition = statement.conditions.length > 0 ? ' by a condition that keeps nobody out' : '';
  return [
    judge(group, 'public-principal', {
      reason: `The key policy in ${whereOf(group)} lets ${which} in${condition}.`,
      wayOut:
        'Name the principals, or restrict the statement with a condition such as StringEquals on kms:CallerAccount or aws:PrincipalOrgID.',
    }),
  ];
}

function judgeUndecided(model: PlanModel): Finding[] {
  return findUndecidedPolicies(model)
    .filter(({ change }) => change.action !== 'no-op' || change.importing !== undefined)
    .map(({ change, problem }) =>
      stop(
        'policy-unreadable',
        {
          reason: `The planned key policy in ${change.region ?? 'an unknown Region'} can't be reviewed: ${problem}.`,
          wayOut: 'Correct the `policy` input, so that the plan holds the whole policy.',
        },
        change,
      ),
    );
}

function findAccount({ outputs, resources }: PlanModel): string | undefined {
  const output = outputs['account_id'];
  if (typeof output === 'string') return output;
  const arns = resources.filter(isKey).map(({ before, after }) => after?.['arn'] ?? before?.['arn']);
  return arns.map(accountOfArn).find((account) => account !== undefined);
}

const ROOT = /^arn:[^:]*:iam::(\d{12}):root$/;

/** The accounts that a key which stays lets in as a whole already, in any Region. */
function accountsBefore({ resources }: PlanModel): Set<string> {
  const readings = resources
    .filter((change) => isKey(change) && isKept(change))
    .map(({ before, region }) => ({ text: before?.['policy'], region }))
    .flatMap(({ text, region }) => (typeof text === 'string' ? [readKeyPolicy(text, region)] : []));
  const allowed = readings
    .flatMap((reading) => ('policy' in reading ? reading.policy.statements : []))
    .filter(({ effect, principals }) => effect === 'Allow' && !principals.not);
  return new Set(
    allowed.flatMap(({ principals }) => principals.names.flatMap((name) => ROOT.exec(name)?.[1] ?? [])),
  );
}

/** Other accounts whose administrators may from now on decide by themselves who uses the key. */
function judgeAccounts(access: readonly AccessChange[], known: ReadonlySet<string>): Finding[] {
  const gained = access.filter(({ direction, effect }) => direction === 'gains' && effect === 'Allow');
  const accounts = new Set(gained.flatMap(({ principal }) => ROOT.exec(principal)?.[1] ?? []));
  const fresh = [...accounts].filter((account) => !known.has(account)).sort();
  if (fresh.length === 0) return [];
  const [subject, whose] =
    fresh.length === 1
      ? [`The whole account ${joinWords(fresh)} gains`, 'its']
      : [`The whole accounts ${joinWords(fresh)} gain`, 'their'];
  return [
    warn('account-let-in', {
      reason: `${subject} access: ${whose} administrators decide which users and roles there have it.`,
      wayOut: 'To let in less, name roles in `users` instead of accounts in `account-ids`.',
    }),
  ];
}
