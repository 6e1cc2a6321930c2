/** Everything that can be wrong with the keys of a file, all at once. Pure but for the files that the keys name. */

import { InputsError, type InputProblem } from '../inputs/reader.js';
import { readInputs, type Inputs } from '../inputs/inputs.js';
import type { InputSources } from '../inputs/sources.js';
import type { KeyEntry, KeysDocument } from './document.js';
import { environmentOf, findGivenTwice, isStepInput } from './entry-environment.js';
import { inOrder, type FileProblem } from './problem.js';

export interface CheckedKey {
  readonly entry: KeyEntry;
  readonly inputs: Inputs;
}

export interface CheckedKeys {
  readonly keys: readonly CheckedKey[];
  readonly problems: readonly FileProblem[];
  readonly ofStep: readonly InputProblem[];
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
    problems: inOrder(withoutRepetition(found)),
    ofStep: withoutRepetition(checks.flatMap((check) => check.ofStep)),
  };
}

interface EntryCheck {
  readonly key: CheckedKey | undefined;
  readonly problems: readonly FileProblem[];
  /** What is wrong with inputs that the step gives, and not the file. */
  readonly ofStep: readonly InputProblem[];
}

/** Reads one key of the file as a step of its own would. */
export function checkEntry(entry: KeyEntry, sources: InputSources): EntryCheck {
  const twice = findGivenTwice(entry, sources.env);
  try {
    const inputs = readInputs({ ...sources, env: environmentOf(entry, sources.env) });
    return { key: { entry, inputs }, problems: twice, ofStep: [] };
  } catch (thrown) {
    if (!(thrown instanceof InputsError)) throw thrown;
    const isOfStep = ({ name }: InputProblem): boolean => isStepInput(name, entry, sources.env);
    const inFile = thrown.problems.filter((problem) => !isOfStep(problem));
    return {
      key: undefined,
      problems: [...twice, ...inFile.map((problem) => placeOf(entry, problem))],
      ofStep: thrown.problems.filter(isOfStep),
    };
  }
}

/** Where in the file the input stands; the key itself, where it stands nowhere. */
function placeOf(entry: KeyEntry, { name, reason }: InputProblem): FileProblem {
  const given = name === undefined ? undefined : entry.given.get(name);
  const key = given?.inherited === true ? 'defaults' : entry.name;
  return { at: given?.at ?? entry.at, key, input: name, reason };
}

/** A problem of the defaults is one problem, however many keys have it. */
function withoutRepetition<T>(problems: readonly T[]): T[] {
  const seen = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...seen.values()];
}

/** Two keys that would take each other's state, each other's alias, or the same key. */
function findClashes(keys: readonly CheckedKey[]): FileProblem[] {
  return [
    ...clashesBy(
      keys,
      ({ inputs }) => statesOf(inputs),
      'state-key',
      (first) => `it has the same state as ${first}: one would take the other's keys out of it`,
    ),
    ...clashesBy(
      keys,
      ({ inputs }) => aliasesOf(inputs),
      'alias',
      (first, where) =>
        `${where.split(' ')[0] ?? ''} has this alias already, of the key ${first}, in the same account`,
    ),
    ...clashesBy(
      keys,
      ({ inputs: { importKey } }) => (importKey === undefined ? [] : [importKey.name]),
      'import-key',
      (first) =>
        `${first} imports the same key: it would be in two states, and each would undo what the other did`,
    ),
  ];
}

function clashesBy(
  keys: readonly CheckedKey[],
  placesOf: (key: CheckedKey) => readonly string[],
  input: 'state-key' | 'alias' | 'import-key',
  reason: (first: string, place: string) => string,
): FileProblem[] {
  const taken = new Map<string, string>();
  return keys.flatMap((key) => {
    const { entry } = key;
    const places = placesOf(key);
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
function aliasesOf({
  alias,
  primaryRegion,
  replicaRegions,
  roleToAssume,
  allowedAccountIds,
}: Inputs): string[] {
  const ofRole = /^arn:[^:]*:iam::(\d{12}):/.exec(roleToAssume ?? '')?.[1];
  const account = ofRole ?? [...allowedAccountIds].sort().join();
  return [primaryRegion, ...replicaRegions].map((region) => `${region} ${account} ${alias}`);
}
