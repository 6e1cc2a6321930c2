import { InputReader } from './reader.js';
import type { InputSources } from './sources.js';
import { INPUTS } from './table.js';

/** What the commands for many keys have of a step's own inputs. */
export interface SharedInputs {
  readonly comment: 'always' | 'changes' | 'never';
  readonly commentKey: string | undefined;
  readonly githubToken: string | undefined;
  /** The folder, as given; empty for none. */
  readonly reports: string;
}

/**
 * Reads what `keys` and `report` need of the step.
 * @throws InputsError with every problem, names that no input has among them
 */
export function readShared(env: InputSources['env'], command: 'keys' | 'report'): SharedInputs {
  const reader = new InputReader(env);
  const reports = reader.text('reports').trim();
  if (reader.text('key') !== '') reader.problem('key', `the command ${command} is about all keys, not one`);
  if (command === 'report' && reports === '') reader.problem('reports', 'it is missing');
  if (command === 'keys' && reports !== '') reader.problem('reports', 'the command keys reads no reports');
  const inputs = {
    comment: reader.value('comment', INPUTS.comment.parse, 'always'),
    commentKey: reader.optional('comment-key', INPUTS['comment-key'].parse),
    githubToken: reader.optional('github-token', INPUTS['github-token'].parse),
    reports,
  };
  reader.finish();
  return inputs;
}
