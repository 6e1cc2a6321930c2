import { InputReader } from './reader.js';
import { checkRules, readTogether, type StepInputs } from './rules.js';
import type { InputSources } from './sources.js';
import { INPUT_NAMES, type Given } from './table.js';
import { refuseVisibleSecrets } from './visible-texts.js';

/** All that a run was asked for. */
export interface Inputs extends StepInputs {
  /** Where the key stands in a keys file; `group` is what the comment for all its keys is found by. */
  readonly ofFile?: { readonly path: string; readonly key: string; readonly group: string } | undefined;
}

/**
 * Reads and validates every input at once.
 * @returns the inputs, frozen
 * @throws InputsError that lists every problem: the input, its value, the rule and an example
 */
export function readInputs(sources: InputSources): Inputs {
  const reader = new InputReader(sources);
  const given = Object.fromEntries(INPUT_NAMES.map((name) => [camelCase(name), reader.read(name)])) as Given;
  for (const name of ['primary-region', 'alias'] as const) reader.require(name);
  checkRules(reader, given);
  const inputs = { ...given, ...readTogether(reader, given) };
  refuseVisibleSecrets(reader, inputs);
  reader.finish();
  return Object.freeze(inputs);
}

function camelCase(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The inputs that say how and where a run is told. */
export type ToldInputs = Pick<
  Inputs,
  'command' | 'alias' | 'comment' | 'commentKey' | 'githubToken' | 'destroys' | 'ignoreTags' | 'ofFile'
>;

/**
 * What can be known of the place where a run is told whose inputs are wrong; nothing else is done with it. A wrong value
 * counts as its default; the comment of a wrong alias is found by what is right in it, so that the run with the right one
 * writes over it.
 */
export function readTold(sources: InputSources): ToldInputs {
  const reader = new InputReader(sources);
  const { alias } = reader.around;
  const command = reader.read('command');
  return {
    command,
    alias: alias === '' ? 'unknown' : alias.slice(0, 250),
    comment: reader.read('comment'),
    commentKey: reader.read('comment-key', { ...reader.around, alias: nameOf(alias) }),
    githubToken: reader.read('github-token'),
    destroys: command === 'destroy' || reader.read('plan-destroy'),
    ignoreTags: [],
    ofFile: undefined,
  };
}

function nameOf(alias: string): string {
  const name = alias
    .replace(/[^\w/-]+/g, '')
    .replace(/^(?:alias\/)+/i, '')
    .replace(/\/{2,}/g, '/')
    .replace(/^\/|\/$/g, '');
  return name.slice(0, 250) || 'unknown';
}

/** What the commands for many keys have of a step's own inputs. */
export type SharedInputs = Pick<Given, 'comment' | 'githubToken' | 'reports'>;

/**
 * Reads what `keys` and `report` need of the step.
 * @throws InputsError with every problem, names that no input has among them
 */
export function readShared(sources: InputSources, command: 'keys' | 'report'): SharedInputs {
  const reader = new InputReader(sources);
  const reports = reader.read('reports');
  if (reader.read('key') !== '') reader.problem('key', `the command ${command} is about all keys, not one`);
  if (command === 'report' && reports === '') reader.problem('reports', 'it is missing');
  if (command === 'keys' && reports !== '') reader.problem('reports', 'the command keys reads no reports');
  // Here it names the comment for all keys, as it is given.
  reader.read('comment-key');
  const inputs = { comment: reader.read('comment'), githubToken: reader.read('github-token'), reports };
  reader.finish();
  return inputs;
}
