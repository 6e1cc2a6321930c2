import { ActionError, messageOf } from './errors.js';
import type { RunReport } from './publish.js';

/** A refusal is no failure of the run's own: the report tells the two apart. */
class Refusal extends ActionError {}

/** Runs a check whose ActionError is a refusal: the run was stopped on purpose, before it changed anything. */
export function refuse(check: () => void): void {
  try {
    check();
  } catch (thrown) {
    throw thrown instanceof ActionError ? new Refusal(thrown, { cause: thrown }) : thrown;
  }
}

/** How a run that ended with this stands, for the report. A refusal's reasons are among the findings and in the approval. */
export function reportOf(thrown: unknown): RunReport {
  if (thrown instanceof Refusal) return { outcome: 'refused' };
  return { outcome: 'failed', failure: thrown instanceof ActionError ? thrown : unexpected(thrown) };
}

function unexpected(thrown: unknown): RunReport['failure'] {
  return { what: messageOf(thrown), done: '', next: 'The log of the run says more.' };
}
