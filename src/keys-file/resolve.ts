import path from 'node:path';
import { ActionError } from '../errors.js';
import { environmentName, InputsError, type InputProblem } from '../inputs/reader.js';
import { INPUTS, type InputName } from '../inputs/table.js';
import { suggest } from '../inputs/suggest.js';
import { readInputs, type Inputs } from '../inputs/inputs.js';
import type { InputSources } from '../inputs/sources.js';
import { readTold, type ToldInputs } from '../inputs/told.js';
import { checkEntry } from './check.js';
import { environmentOf } from './entry-environment.js';
import { readKeysDocument, type KeysDocument } from './document.js';
import { inOrder, KeysFileError, type FileProblem } from './problem.js';

/** The file as the step names it, and what is in it. */
export interface KeysFile {
  /** As given, with `/` between folders. */
  readonly path: string;
  readonly text: string;
  readonly document: KeysDocument;
}

/**
 * The inputs of a step: its own, or those of one key of a file.
 * @throws InputsError for the step's own, KeysFileError for those of the file
 */
export function readStepInputs(sources: InputSources): Inputs {
  const name = textOf('key', sources);
  const file = openKeysFile(sources);
  if (file === undefined && name === '') return readInputs(sources);
  if (file === undefined) throw inputError('key', 'there is no keys-file that the key could be in');
  if (name === '') throw inputError('key', `it is missing: which key of ${file.path} is meant?`);
  const entry = file.document.keys.find((each) => each.name === name);
  if (entry === undefined) {
    // A name that is missing may be one that could not be read.
    if (file.document.problems.length > 0)
      throw new KeysFileError(file.path, inOrder(file.document.problems));
    throw inputError('key', explainMissing(name, file));
  }
  const own = file.document.problems.filter(
    ({ key }) => key === undefined || key === 'defaults' || key === name,
  );
  const { key, problems, ofStep } = checkEntry(entry, sources);
  assertNoProblems(file, [...own, ...problems], ofStep);
  if (key === undefined) throw new TypeError('A key without problems has inputs.');
  const ofFile = { path: file.path, key: name, group: groupOf(sources, file) };
  return Object.freeze({ ...key.inputs, ofFile });
}

/**
 * @param ofStep what is wrong with the step itself
 * @throws KeysFileError, InputsError, or both in one
 */
export function assertNoProblems(
  file: Pick<KeysFile, 'path'>,
  problems: readonly FileProblem[],
  ofStep: readonly InputProblem[],
): void {
  const inFile = problems.length === 0 ? [] : [new KeysFileError(file.path, inOrder(problems))];
  const inStep = ofStep.length === 0 ? [] : [new InputsError(ofStep, CORRECT)];
  const [first, second] = [...inFile, ...inStep];
  if (first === undefined) return;
  if (second === undefined) throw first;
  throw new ActionError({
    what: `${first.what.replace(/:$/, '')}. ${second.what}`,
    each: [...(first.each ?? []), ...(second.each ?? [])],
    done: first.done,
    next: `${first.next} ${second.next}`,
  });
}

const CORRECT = 'Correct the `with:` block of this step and run it again.';

/** What says where a run is told, as far as it can be known although inputs of the step or of the file are wrong. */
export function readToldOfStep(sources: InputSources): ToldInputs {
  const name = textOf('key', sources);
  if (name === '') return readTold(sources.env);
  const file = openIfReadable(sources);
  const entry = file?.document.keys.find((each) => each.name === name);
  const inputs = readTold(environmentOf({ name, given: new Map(), ...entry }, sources.env));
  const path = file?.path ?? textOf('keys-file', sources);
  return { ...inputs, ofFile: { path, key: name, group: groupOf(sources, file) } };
}

function openIfReadable(sources: InputSources): KeysFile | undefined {
  try {
    return openKeysFile(sources);
  } catch {
    return undefined; // Why it is not is what the run is about to tell.
  }
}

/** What the comment for all keys is found by: the step's comment key, or the file. */
export function groupOf(
  sources: Pick<InputSources, 'env'>,
  file: Pick<KeysFile, 'path'> | undefined,
): string {
  return textOf('comment-key', sources) || (file?.path ?? 'keys');
}

function explainMissing(name: string, { path: file, document }: KeysFile): string {
  const names = document.keys.map((each) => each.name);
  const near = suggest(name, names);
  const hint =
    near === undefined
      ? `It has ${names.length === 1 ? 'one key' : `${names.length} keys`}.`
      : `Did you mean ${near}?`;
  return `${file} has no key of this name. ${hint} A key that was taken out of the file stays in AWS, and in its state, until it is destroyed`;
}

/**
 * @returns undefined where the step names no file
 * @throws InputsError when it can't be read
 */
export function openKeysFile(sources: InputSources): KeysFile | undefined {
  const given = textOf('keys-file', sources);
  if (given === '') return undefined;
  const workspace = sources.env['GITHUB_WORKSPACE'] ?? '.';
  const text = sources.readFile(path.resolve(workspace, given));
  if (text === undefined) {
    throw inputError(
      'keys-file',
      `the file ${JSON.stringify(given)} cannot be read (a job has files only after actions/checkout)`,
    );
  }
  const relative = path.isAbsolute(given) ? path.relative(workspace, given) : path.normalize(given);
  return { path: relative.split(path.sep).join('/'), text, document: readKeysDocument(text) };
}

function textOf(name: InputName, { env }: Pick<InputSources, 'env'>): string {
  return (env[environmentName(name)] ?? '').trim();
}

export function inputError(name: InputName, reason: string): InputsError {
  const { rule, example } = INPUTS[name];
  const problem = { name, reason: `${reason}. It must be ${rule}. Example: ${name}: ${example}` };
  return new InputsError([problem], CORRECT);
}
