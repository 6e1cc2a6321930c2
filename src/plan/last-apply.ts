/**
 * Which run applied to this state last. Two root outputs of the configuration tell it, so whoever applies to the key, from
 * whichever workflow, leaves it in the one place that they all share, and only a role that may write the state can change it.
 *
 * Terraform writes the first as soon as an apply begins. The second holds `timestamp()`, which is unknown until everything
 * that it depends on has been applied: of an apply that failed, it still tells of the one before (tried with Terraform
 * 1.11; a known value is written although what it depends on failed). Neither is a change: not in the digest, not in the
 * report, not as drift.
 */

import { isDeepStrictEqual } from 'node:util';

/** The root outputs, by what they tell. Not longer than the others, so that Terraform aligns those as ever. */
const LAST_APPLY_OUTPUTS = { begun: 'last_apply_begun', done: 'last_apply' } as const;

const NAMES: ReadonlySet<string> = new Set(Object.values(LAST_APPLY_OUTPUTS));

/** A run that applied. */
export interface AppliedBy {
  /** `owner/name`. */
  readonly repository: string;
  /** The full id of the commit that was applied. */
  readonly commit: string;
  /** GitHub's id of the workflow run, which a re-run keeps; undefined outside of a workflow. */
  readonly runId: string | undefined;
  readonly attempt: number;
}

/** Each is undefined where the state does not say, or says it in a form that is not ours. */
export interface LastApply {
  /** The run that last began to apply. */
  readonly begun: AppliedBy | undefined;
  /** The run that last applied all that it planned. */
  readonly done: AppliedBy | undefined;
}

export function isLastApplyOutput(name: string): boolean {
  return NAMES.has(name);
}

const FORM = /^v1 ([\w.-]+\/[\w.-]+) ([0-9a-f]{40}|[0-9a-f]{64}) (\d{1,20}|-) (\d{1,9})$/;
/** Behind what is done. */
const TIME = / \d{4}-\d\d-\d\dT[\d:]+Z$/;

/** As the outputs hold it, without the time; undefined for what no reader would understand. */
export function renderAppliedBy({ repository, commit, runId, attempt }: AppliedBy): string | undefined {
  const text = `v1 ${repository} ${commit} ${runId ?? '-'} ${attempt}`;
  return FORM.test(text) ? text : undefined;
}

function parseAppliedBy(value: unknown): AppliedBy | undefined {
  const [, repository, commit, runId, attempt] =
    (typeof value === 'string' && FORM.exec(value.replace(TIME, ''))) || [];
  if (repository === undefined || commit === undefined) return undefined;
  return { repository, commit, runId: runId === '-' ? undefined : runId, attempt: Number(attempt) };
}

/** @param outputs the root outputs of the state that a plan was made on, by name */
export function readLastApply(outputs: Readonly<Record<string, unknown>>): LastApply {
  return {
    begun: parseAppliedBy(outputs[LAST_APPLY_OUTPUTS.begun]),
    done: parseAppliedBy(outputs[LAST_APPLY_OUTPUTS.done]),
  };
}

/**
 * The root outputs as Terraform JSON.
 * @param modules addresses of all that an apply has to have done before it is done
 */
export function lastApplyOutputs(by: AppliedBy, modules: readonly string[]): object {
  const text = renderAppliedBy(by);
  if (text === undefined) return {};
  return {
    [LAST_APPLY_OUTPUTS.begun]: { value: text },
    [LAST_APPLY_OUTPUTS.done]: { value: `${text} \${timestamp()}`, depends_on: [...modules] },
  };
}

/** How what was applied last stands to a run that means to apply. */
export type Order =
  /** The state does not say what was applied last. */
  | 'unknown'
  /** What approves this run was used: it was applied to its end. */
  | 'used'
  /** By a run that was started after this one. */
  | 'later-run'
  /** Another commit, by a run that was not started after this one, as far as is known: the commits have to be compared. */
  | 'other-commit'
  /** Nothing that came after what is to be applied now. */
  | 'nothing-later';

/**
 * GitHub's run ids grow: a run whose id is lower was started before, however often it is run again. (GitHub documents only
 * that an id is unique and that a re-run keeps it; that they grow is what it does. Where there are none, the commits decide.)
 * @param approval what it takes to approve again: merging approves a commit, a digest approves a run
 */
export function orderOf({ begun, done }: LastApply, now: AppliedBy, approval: 'commit' | 'run'): Order {
  if (begun === undefined) return 'unknown';
  const isOurs = (by: AppliedBy | undefined): boolean =>
    approval === 'commit'
      ? by?.commit === now.commit
      : now.runId !== undefined && by?.runId === now.runId && by.commit === now.commit;
  if (isOurs(done)) return 'used';
  if (isOurs(begun)) return 'nothing-later';
  if (wasStartedAfter(begun, now)) return 'later-run';
  return begun.commit === now.commit ? 'nothing-later' : 'other-commit';
}

function wasStartedAfter(by: AppliedBy, now: AppliedBy): boolean {
  if (by.runId === undefined || now.runId === undefined || by.repository !== now.repository) return false;
  return BigInt(by.runId) > BigInt(now.runId);
}

/** Whether an apply of this commit was begun, and none of it has come to its end since. */
export function isUnfinished({ begun, done }: LastApply, commit: string): boolean {
  return begun?.commit === commit && !isDeepStrictEqual(begun, done);
}
