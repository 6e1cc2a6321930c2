import { parseChoice, parseMatching } from './parsers.js';
import { InputReader } from './reader.js';
import type { InputSources } from './sources.js';

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
    comment: readComment(reader),
    commentKey: reader.optional('comment-key', parseCommentKey),
    githubToken: readToken(reader),
    reports,
  };
  reader.finish();
  return inputs;
}

export function readComment(reader: InputReader): SharedInputs['comment'] {
  return reader.value('comment', parseChoice(['always', 'changes', 'never']), 'always');
}

export const parseCommentKey = parseMatching(/^[\w/.-]{1,256}$/, 'is not such a name', /[^\w/.-]/u);

/** Outside a runner nothing fills in the expression of the default; it then stands for no token. */
export function readToken(reader: InputReader): string | undefined {
  const token = reader.text('github-token').trim();
  return token === '' || token.startsWith('${{') ? undefined : token;
}
