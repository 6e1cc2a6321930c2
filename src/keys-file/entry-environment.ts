import { environmentName } from '../inputs/reader.js';
import { INPUTS, KEY_INPUT_NAMES, type InputName } from '../inputs/table.js';
import type { KeyEntry } from './document.js';
import type { FileProblem } from './problem.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment of a step that gave by itself what the entry gives. The key's name is its alias and the name of its
 * comment, unless something else is said.
 */
export function environmentOf(entry: Pick<KeyEntry, 'name' | 'given'>, step: Environment): Environment {
  const given = [...entry.given].map(([name, { text }]) => [environmentName(name), text] as const);
  const { [environmentName('alias')]: alias = '' } = step;
  const group = (step[environmentName('comment-key')] ?? '').trim();
  return {
    ...step,
    [environmentName('alias')]: alias.trim() === '' ? entry.name : alias,
    ...Object.fromEntries(given),
    [environmentName('comment-key')]: group === '' ? entry.name : `${group}/${entry.name}`,
  };
}

/** Whatever both the step and the entry give: it is said in one place. */
export function findGivenTwice(entry: KeyEntry, step: Environment): FileProblem[] {
  return KEY_INPUT_NAMES.flatMap((name) => {
    const given = entry.given.get(name);
    if (given === undefined || !isGiven(name, step)) return [];
    const reason = 'the step gives this input, too. Give it in one place: in the step, or in the file';
    return [{ at: given.at, key: given.inherited ? 'defaults' : entry.name, input: name, reason }];
  });
}

/** Whether an input is the step's: the file does not give it, and either may not or the step does. */
export function isStepInput(name: InputName | undefined, entry: KeyEntry, step: Environment): boolean {
  if (name === undefined || !KEY_INPUT_NAMES.includes(name)) return true;
  return !entry.given.has(name) && isGiven(name, step);
}

/** The runner puts defaults into the environment: a step that writes one out cannot be told from one that does not. */
function isGiven(name: InputName, step: Environment): boolean {
  const text = (step[environmentName(name)] ?? '').trim();
  return text !== '' && text !== INPUTS[name].default.trim();
}
