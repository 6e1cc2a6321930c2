import { UNUSUAL } from '../characters.js';
import { ActionError } from '../errors.js';
import { isKeySpec } from '../facts/key-specs.js';
import { partitionOf } from '../facts/regions.js';
import { bareAlias } from './aws-names.js';
import { explainEmptyInput } from './empty-input.js';
import { because, Invalid, quote } from './parsers.js';
import type { Around, InputSources } from './sources.js';
import { didYouMean } from './suggest.js';
import { INPUT_NAMES, specOf, type InputName, type InputSpec, type Value } from './table.js';

/** What is wrong with one input; `name` is undefined for a name that no input has. */
export interface InputProblem {
  readonly name: InputName | undefined;
  /** What is wrong, as the end of the sentence that begins with the name; then the rule, and an example. */
  readonly reason: string;
}

/** Every problem of the inputs, and as one message. */
export class InputsError extends ActionError {
  /** @param whyEmpty what may be behind an input that is missing, in whole sentences */
  constructor(
    readonly problems: readonly InputProblem[],
    whyEmpty = '',
  ) {
    const count = problems.length === 1 ? 'An input is wrong' : `${problems.length} inputs are wrong`;
    super({
      what: `${count}:`,
      each: problems.map(({ name, reason }) => `${name === undefined ? '' : `${name}: `}${reason}`),
      done: 'Nothing was installed, called or changed.',
      next: `Correct the \`with:\` block of this step and run it again. ${whyEmpty}`.trimEnd(),
    });
  }
}

/**
 * @param reason ends the sentence that begins with the input's name
 * @param spec the rule and the example of the part of the input that it is about; the input's own unless told
 */
export function problemOf(
  name: InputName,
  reason: string,
  { rule, example = specOf(name).default ?? '' }: Pick<InputSpec, 'rule' | 'example'> = specOf(name),
): InputProblem {
  return { name, reason: `${reason}. It must be ${rule}. Example: ${name}: ${example}` };
}

/** Reads inputs by the table and gathers every problem, so that all are reported together. */
export class InputReader {
  /** What inputs may depend on, as far as it can be known. */
  readonly around: Around;
  readonly #problems: InputProblem[];
  #lacks = false;

  constructor(private readonly sources: InputSources) {
    this.#problems = findUnknownNames(sources.env);
    const primaryRegion = this.text('primary-region').trim();
    const keySpec = this.text('key-spec').trim();
    this.around = {
      ...sources,
      primaryRegion,
      partition: partitionOf(primaryRegion) ?? 'aws',
      keySpec: isKeySpec(keySpec) ? keySpec : 'SYMMETRIC_DEFAULT',
      alias: bareAlias(this.text('alias')),
    };
  }

  /** The text as given, or the default; empty text counts as not given, as an unset expression in a workflow is. */
  text(name: InputName): string {
    const given = this.sources.env[environmentName(name)] ?? '';
    return given.trim() === '' ? (specOf(name).default ?? '') : given;
  }

  /** The value; of a wrong one, which is noted, what stands where nothing is given: the other inputs are held against that. */
  read<Name extends InputName>(name: Name, around = this.around): Value<Name> {
    const { default: text, parse, absent } = specOf(name);
    const instead = (): unknown => {
      if (text !== undefined) return parse(text, around);
      return typeof absent === 'function' ? (absent as (around: Around) => unknown)(around) : absent;
    };
    const given = this.text(name);
    return (given === '' ? instead() : (this.#parse(name, given, around) ?? instead())) as Value<Name>;
  }

  #parse(name: InputName, text: string, around: Around): unknown {
    try {
      return specOf(name).parse(text, around);
    } catch (thrown) {
      if (!(thrown instanceof Invalid)) throw thrown;
      this.problem(name, `${thrown.message}${unusualIn(name, text, thrown.message)}`);
      return undefined;
    }
  }

  /** Notes that an input which has to be given is missing. */
  require(name: InputName): void {
    if (this.text(name) !== '') return;
    this.#lacks = true;
    this.problem(name, 'it is missing');
  }

  /** Notes a problem, as {@link problemOf} says it. */
  problem(...problem: Parameters<typeof problemOf>): void {
    this.#problems.push(problemOf(...problem));
  }

  /** @throws InputsError with all the problems in the order of the inputs, if there are any */
  finish(): void {
    if (this.#problems.length === 0) return;
    const order = ({ name }: InputProblem): number => (name === undefined ? -1 : INPUT_NAMES.indexOf(name));
    throw new InputsError(
      this.#problems.toSorted((a, b) => order(a) - order(b)),
      this.#lacks ? explainEmptyInput(this.sources) : '',
    );
  }
}

/** What is in a value without being seen, or looks like something else, where the message does not say so yet. */
function unusualIn(name: InputName, text: string, message: string): string {
  const { secret, freeText } = specOf(name);
  return secret === true || freeText === true || message.includes('U+') ? '' : because(text, UNUSUAL);
}

/** The runner's own rule: upper case, spaces to underscores, dashes stay (actions/toolkit, getInput). */
export function environmentName(name: string): string {
  return `INPUT_${name.replace(/ /g, '_').toUpperCase()}`;
}

function findUnknownNames(env: InputSources['env']): InputProblem[] {
  const known = new Set(INPUT_NAMES.map(environmentName));
  return Object.keys(env)
    .filter((key) => key.startsWith('INPUT_') && !known.has(key))
    .map((key) => {
      const name = key.slice('INPUT_'.length).toLowerCase();
      const hint = didYouMean(name.replace(/_/g, '-'), INPUT_NAMES, 'The README lists the inputs.');
      return { name: undefined, reason: `${quote(name)}: there is no input of this name. ${hint}` };
    });
}
