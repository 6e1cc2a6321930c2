import { all, answerOf, any, not, type Answer } from './answer.js';
import { matchesAction } from './actions.js';
import { answerCondition, matchText, type Lookup, type Text } from './condition.js';
import type { Clause, Condition, Policy, Principal, Principals, Statement } from './document.js';
import { compileGlob } from './glob.js';
import { EVERYBODY, isSamePrincipal } from './principals.js';

/** Who makes a request. */
export interface Caller {
  /**
   * Every name by which a statement may mean the caller: for a role's session the session, the role and the account's
   * root; for a user the user and the root; for a service its names.
   */
  readonly names: readonly Principal[];
  /** Whether the caller may have a further name. Default: it has none. */
  readonly mayBe?: (principal: Principal) => boolean;
}

/** A request of which not everything is known. */
export interface Request {
  readonly caller: Caller;
  /** E.g. `kms:PutKeyPolicy`. */
  readonly action: string;
  /** The ARN of the key; undefined where policies have no Resource (a role's trust policy). */
  readonly resource: Text | undefined;
  readonly look: Lookup;
}

/** A statement that speaks of a request, at least perhaps. */
interface Speaking {
  readonly statement: Statement;
  readonly answer: 'always' | 'maybe';
  /** The conditions on which it depends. */
  readonly hangsOn: readonly Condition[];
}

export interface Verdict {
  /** Whether this policy allows the request: something allows it, and nothing denies it. */
  readonly answer: Answer;
  readonly allows: readonly Speaking[];
  readonly denies: readonly Speaking[];
}

/**
 * What a resource-based policy says of a request. What is not known makes a statement speak of it `maybe`; how unknown
 * things hang together is left out of account, so `always` and `never` are certain, and `maybe` is not.
 */
export function evaluate(policy: Policy, request: Request): Verdict {
  const speaking = policy.statements.flatMap((statement) => speak(statement, request, policy.version));
  const allows = speaking.filter(({ statement }) => statement.effect === 'Allow');
  const denies = speaking.filter(({ statement }) => statement.effect === 'Deny');
  const answers = (some: readonly Speaking[]): Answer => any(some.map(({ answer }) => answer));
  return { answer: all([answers(allows), not(answers(denies))]), allows, denies };
}

function speak(statement: Statement, request: Request, version: Policy['version']): Speaking[] {
  const { caller, action, resource, look } = request;
  const fixed = all([
    answerPrincipals(statement.principals, caller),
    answerActions(statement.actions, action),
    answerResources(statement.resources, resource),
  ]);
  if (fixed === 'never') return [];
  const conditions = statement.conditions.map((condition) => ({
    condition,
    answer: answerCondition(condition, look, version),
  }));
  const answer = all([fixed, ...conditions.map((each) => each.answer)]);
  if (answer === 'never') return [];
  const hangsOn = conditions.filter((each) => each.answer === 'maybe').map(({ condition }) => condition);
  return [{ statement, answer, hangsOn }];
}

/**
 * Whether a statement means the caller. With NotPrincipal everybody is meant of whom not every name is listed: a session
 * stays out only if the session, its role and its account's root are all listed (IAM reference, "NotPrincipal").
 */
function answerPrincipals({ not: negated, members }: Principals, caller: Caller): Answer {
  const { names, mayBe } = caller;
  const isEverybodyListed = members.some((each) => isSamePrincipal(each, EVERYBODY));
  const isListed = (name: Principal): boolean =>
    isEverybodyListed || members.some((each) => isSamePrincipal(each, name));
  const perhaps = mayBe !== undefined && members.some((each) => mayBe(each));
  if (!negated) return names.some(isListed) ? 'always' : perhaps ? 'maybe' : 'never';
  if (!names.every(isListed)) return 'always';
  return mayBe === undefined || isEverybodyListed ? 'never' : 'maybe';
}

function answerActions({ not: negated, names }: Clause, action: string): Answer {
  const found = names.some((pattern) => matchesAction(pattern, action));
  return answerOf(found !== negated);
}

function answerResources(clause: Clause | undefined, resource: Text | undefined): Answer {
  if (clause === undefined || resource === undefined) return 'always';
  const found = any(clause.names.map((pattern) => answerResource(pattern, resource)));
  return clause.not ? not(found) : found;
}

/** KMS chooses key ids at random: what names one in full never means a key that has none yet. */
function answerResource(pattern: string, resource: Text): Answer {
  if ('beginning' in resource && !/[*?]/.test(pattern)) return 'never';
  return matchText(compileGlob(pattern), resource);
}
