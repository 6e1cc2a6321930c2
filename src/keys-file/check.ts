/** Everything that can be wrong with the keys of a file, all at once. Pure but for the files that the keys name. */

import { readInputs, type Inputs } from '../inputs/inputs.js';
import { environmentName, InputsError, type InputProblem } from '../inputs/reader.js';
import type { InputSources } from '../inputs/sources.js';
import { KEY_INPUT_NAMES, specOf, type InputName } from '../inputs/table.js';
import { accountOfPrincipal } from '../policy/principals.js';
import type { Environment } from '../runner/context.js';
import type { KeyEntry, KeysDocument } from './document.js';
import type { FileProblem } from './problem.js';

export interface CheckedKey {
  readonly entry: KeyEntry;
  readonly inputs: Inputs;
}

interface Problems {
  readonly problems: readonly FileProblem[];
  /** What is wrong with inputs that the step gives, and not the file. */
  readonly ofStep: readonly InputProblem[];
}

export interface CheckedKeys extends Problems {
  readonly keys: readonly CheckedKey[];
}

/**
 * Reads every key of the file as a step of its own would.
 * @param sources of the step that reads the file: what it gives itself counts for every key
 */
export function checkKeys({ keys, problems }: KeysDocument, sources: InputSources): CheckedKeys {
  const checks = keys.map((entry) => checkEntry(entry, sources));
  const checked = checks.flatMap(({ key }) => key ?? []);
  const found = [...problems, ...checks.flatMap((check) => check.problems), ...findClashes(checked)];
  return {
    keys: checked,
    problems: withoutRepetition(found),
    ofStep: withoutRepetition(checks.flatMap((check) => check.ofStep)),
  };
}

/** A problem of the defaults is one problem, however many keys have it. */
function withoutRepetition<T>(problems: readonly T[]): T[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

/** Reads one key of the file as a step of its own would. */
export function checkEntry(
  entry: KeyEntry,
  sources: InputSources,
): Problems & { readonly key: CheckedKey | undefined } {
  const { env } = sources;
  const twice = findGivenTwice(entry, env);
  try {
    const inputs = readInputs({ ...sources, env: environmentOf(entry, env) });
    return { key: { entry, inputs }, problems: twice, ofStep: [] };
  } catch (thrown) {
    if (!(thrown instanceof InputsError)) throw thrown;
    const isOfStep = ({ name }: InputProblem): boolean => isStepInput(name, entry, env);
    const inFile = thrown.problems.filter((problem) => !isOfStep(problem));
    return {
      key: undefined,
      problems: [...twice, ...inFile.map(({ name, reason }) => problemAt(entry, name, reason))],
      ofStep: thrown.problems.filter(isOfStep),
    };
  }
}

/** Where in the file the input stands; the key itself, where it stands nowhere. */
function problemAt(entry: KeyEntry, input: InputName | undefined, reason: string): FileProblem {
  const given = input === undefined ? undefined : entry.given.get(input);
  const key = given?.inherited === true ? 'defaults' : entry.name;
  return { at: given?.at ?? entry.at, key, input, reason };
}

/**
 * The environment of a step that gave by itself what the entry gives. The key's name is its alias and the name of its
 * comment, unless something else is said.
 */
export function environmentOf(entry: Pick<KeyEntry, 'name' | 'given'>, step: Environment): Environment {
  const given = [...entry.given].map(([name, { text }]) => [environmentName(name), text] as const);
  const alias = textOf('alias', step);
  const group = textOf('comment-key', step);
  return {
    ...step,
    [environmentName('alias')]: alias === '' ? entry.name : alias,
    ...Object.fromEntries(given),
    [environmentName('comment-key')]: group === '' ? entry.name : `${group}/${entry.name}`,
  };
}

/** Whatever both the step and the entry give: it is said in one place. */
function findGivenTwice(entry: KeyEntry, step: Environment): FileProblem[] {
  const reason = 'the step gives this input, too. Give it in one place: in the step, or in the file';
  return KEY_INPUT_NAMES.filter((name) => entry.given.has(name) && isGiven(name, step)).map((name) =>
    problemAt(entry, name, reason),
  );
}

/** Whether an input is the step's: the file does not give it, and either may not or the step does. */
function isStepInput(name: InputName | undefined, entry: KeyEntry, step: Environment): boolean {
  if (name === undefined || specOf(name).ofKey === undefined) return true;
  return !entry.given.has(name) && isGiven(name, step);
}

/** The runner puts defaults into the environment: a step that writes one out cannot be told from one that does not. */
function isGiven(name: InputName, step: Environment): boolean {
  return !['', specOf(name).default].includes(textOf(name, step));
}

function textOf(name: InputName, step: Environment): string {
  return (step[environmentName(name)] ?? '').trim();
}

/** Two keys that would take each other's state, each other's alias, or the same key. */
function findClashes(keys: readonly CheckedKey[]): FileProblem[] {
  return [
    ...clashesBy(
      keys,
      'state-key',
      statesOf,
      (first) => `it has the same state as ${first}: one would take the other's keys out of it`,
    ),
    ...clashesBy(
      keys,
      'alias',
      aliasesOf,
      (first, place) =>
        `${place.split(' ')[0] ?? ''} has this alias already, of the key ${first}, in the same account`,
    ),
    ...clashesBy(
      keys,
      'import-key',
      ({ importKey }) => (importKey === undefined ? [] : [importKey.name]),
      (first) =>
        `${first} imports the same key: it would be in two states, and each would undo what the other did`,
    ),
  ];
}

function clashesBy(
  keys: readonly CheckedKey[],
  input: InputName,
  placesOf: (inputs: Inputs) => readonly string[],
  reason: (first: string, place: string) => string,
): FileProblem[] {
  const taken = new Map<string, string>();
  return keys.flatMap(({ entry, inputs }) => {
    const places = placesOf(inputs);
    const clash = places.find((place) => taken.has(place));
    for (const place of places) if (!taken.has(place)) taken.set(place, entry.name);
    if (clash === undefined) return [];
    const at = entry.given.get(input)?.at ?? entry.at;
    return [{ at, key: entry.name, input, reason: reason(taken.get(clash) ?? '', clash) }];
  });
}

/** The place of the state; none where the default makes one for each alias, or where no state is asked for. */
function statesOf({ backend }: Inputs): string[] {
  if (backend === undefined || Object.keys(backend.config).length === 0) return [];
  const { type, config } = backend;
  const place = type === 's3' ? { bucket: config['bucket'], key: config['key'] } : config;
  return [JSON.stringify([type, Object.entries(place).sort(([a], [b]) => (a < b ? -1 : 1))])];
}

/** An alias is one in a Region of an account; which account, the role or the list of allowed ones tells. */
function aliasesOf({ alias, primaryRegion, replicaRegions, ...inputs }: Inputs): string[] {
  const ofRole = accountOfPrincipal({ type: 'AWS', value: inputs.roleToAssume ?? '' });
  const account = ofRole ?? [...inputs.allowedAccountIds].sort().join();
  return [primaryRegion, ...replicaRegions].map((region) => `${region} ${account} ${alias}`);
}
