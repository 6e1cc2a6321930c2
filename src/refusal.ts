import { ActionError, explanationOf, messageOf } from './errors.js';
import type { RunReport } from './publish.js';
import { capitalise } from './phrases.js';

/** A refusal is no failure of the run's own: the report tells the two apart. */
class Refusal extends ActionError {}

/** A refusal to import: no plan has its reasons among its findings, so the report gets them from here. */
export class ImportRefusal extends Refusal {}

/** Nor is a cancellation. */
class Cancellation extends ActionError {}

/** The state could not be saved: what to do about that matters more than why the run ended. */
export class UnsavedState extends ActionError {}

/** Nor is drift, which `fail-on-drift` makes an end of the step. */
export class DriftFound extends ActionError {}

/** Runs a check whose ActionError is a refusal: the run was stopped on purpose, before it changed anything. */
export function refuse(check: () => void): void {
  try {
    check();
  } catch (thrown) {
    throw thrown instanceof ActionError ? new Refusal(thrown, { cause: thrown }) : thrown;
  }
}

/**
 * What a run ended with, when it was cancelled: Terraform's own error then only says that it was interrupted.
 * @param cancelled aborted with the reason, e.g. `the step was cancelled (SIGINT)`
 * @param applying whether the plan was approved, so that something may have been changed
 */
export function asCancellation(thrown: unknown, cancelled: AbortSignal, applying: boolean): unknown {
  if (!cancelled.aborted || thrown instanceof Refusal || thrown instanceof UnsavedState) return thrown;
  return new Cancellation(
    {
      what: `${capitalise(messageOf(cancelled.reason))}.`,
      done: thrown instanceof ActionError && thrown.done !== '' ? thrown.done : whatIsDone(applying),
      // What was done of an apply ends with what comes next.
      next: applying ? '' : 'Run the job again.',
    },
    { cause: thrown },
  );
}

function whatIsDone(applying: boolean): string {
  return applying
    ? 'Nothing more was started; the state knows what was done until then, and running the job again goes on from it.'
    : 'Nothing was changed.';
}

/** How a run that ended with this stands, for the report. A refusal's reasons are among the findings and in the approval. */
export function reportOf(thrown: unknown): RunReport {
  if (thrown instanceof ImportRefusal) return { outcome: 'refused', failure: thrown };
  if (thrown instanceof Refusal) return { outcome: 'refused' };
  if (thrown instanceof DriftFound) return { outcome: 'drifted' };
  if (thrown instanceof Cancellation) return { outcome: 'cancelled', failure: thrown };
  return { outcome: 'failed', failure: explanationOf(thrown) };
}
