import path from 'node:path';
import { ActionError } from '../errors.js';
import { readInputs, readTold, type Inputs, type ToldInputs } from '../inputs/inputs.js';
import { InputReader, InputsError, problemOf, type InputProblem } from '../inputs/reader.js';
import type { InputSources } from '../inputs/sources.js';
import { didYouMean } from '../inputs/suggest.js';
import type { InputName } from '../inputs/table.js';
import { checkEntry, environmentOf } from './check.js';
import { readKeysDocument, type KeysDocument } from './document.js';
import { keysFileError, type FileProblem } from './problem.js';

/** The file as the step names it, and what is in it. */
export interface KeysFile {
  /** As given, with `/` between folders. */
  readonly path: string;
  readonly document: KeysDocument;
}

/**
 * The inputs of a step: its own, or those of one key of a file.
 * @throws ActionError with every problem of the step, of the file, or of both
 */
export function readStepInputs(sources: InputSources): Inputs {
  const name = new InputReader(sources).read('key');
  const file = openKeysFile(sources);
  if (file === undefined && name === '') return readInputs(sources);
  if (file === undefined) throw inputError('key', 'there is no keys-file that the key could be in');
  if (name === '') throw inputError('key', `it is missing: which key of ${file.path} is meant?`);
  const { keys, problems } = file.document;
  const entry = keys.find((each) => each.name === name);
  if (entry === undefined) {
    // A name that is missing may be one that could not be read.
    assertNoProblems(file, problems, []);
    throw inputError('key', explainMissing(name, file));
  }
  const own = problems.filter(({ key }) => key === undefined || key === 'defaults' || key === name);
  const checked = checkEntry(entry, sources);
  assertNoProblems(file, [...own, ...checked.problems], checked.ofStep);
  if (checked.key === undefined) throw new TypeError('A key without problems has inputs.');
  const ofFile = { path: file.path, key: name, group: groupOf(sources, file) };
  return Object.freeze({ ...checked.key.inputs, ofFile });
}

/**
 * @param ofStep what is wrong with the step itself
 * @throws ActionError with what is wrong with the file, the step, or both
 */
export function assertNoProblems(
  file: KeysFile,
  problems: readonly FileProblem[],
  ofStep: readonly InputProblem[],
): void {
  const inFile = problems.length === 0 ? undefined : keysFileError(file.path, problems);
  const inStep = ofStep.length === 0 ? undefined : new InputsError(ofStep);
  if (inFile !== undefined && inStep !== undefined) {
    throw new ActionError({
      what: `${inFile.what.replace(/:$/, '')}. ${inStep.what}`,
      each: [...(inFile.each ?? []), ...(inStep.each ?? [])],
      done: inFile.done,
      next: `${inFile.next} ${inStep.next}`,
    });
  }
  if (inFile !== undefined) throw inFile;
  if (inStep !== undefined) throw inStep;
}

/** What says where a run is told, as far as it can be known although inputs of the step or of the file are wrong. */
export function readToldOfStep(sources: InputSources): ToldInputs {
  const reader = new InputReader(sources);
  const name = reader.read('key');
  if (name === '') return readTold(sources);
  const file = openIfReadable(sources);
  const entry = file?.document.keys.find((each) => each.name === name);
  const env = environmentOf({ name, given: new Map(), ...entry }, sources.env);
  const ofFile = {
    path: file?.path ?? reader.read('keys-file'),
    key: name,
    group: groupOf(sources, file),
  };
  return { ...readTold({ ...sources, env }), ofFile };
}

function openIfReadable(sources: InputSources): KeysFile | undefined {
  try {
    return openKeysFile(sources);
  } catch {
    return undefined; // Why it is not is what the run is about to tell.
  }
}

/** What the comment for all keys is found by: the step's comment key, or the file. */
export function groupOf(sources: InputSources, file: KeysFile | undefined): string {
  return new InputReader(sources).text('comment-key').trim() || (file?.path ?? 'keys');
}

/** The comment key of the one comment for many keys, by which it is found again. */
export function groupMarker(group: string): string {
  return `keys:${group}`;
}

function explainMissing(name: string, { path: file, document }: KeysFile): string {
  const names = document.keys.map((each) => each.name);
  const count = names.length === 1 ? 'one key' : `${names.length} keys`;
  const hint = didYouMean(name, names, `It has ${count}.`);
  return `${file} has no key of this name. ${hint} A key that was taken out of the file stays in AWS, and in its state, until it is destroyed`;
}

/**
 * @returns undefined where the step names no file
 * @throws InputsError when it can't be read
 */
export function openKeysFile(sources: InputSources): KeysFile | undefined {
  const given = new InputReader(sources).read('keys-file');
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
  return { path: relative.split(path.sep).join('/'), document: readKeysDocument(text) };
}

export function inputError(name: InputName, reason: string): InputsError {
  return new InputsError([problemOf(name, reason)]);
}
