import { ActionError } from '../errors.js';
import { UNUSUAL } from '../characters.js';
import { INPUT_NAMES, INPUTS, type InputName, type InputSpec } from './table.js';
import { because, Invalid, quote, type Parser } from './parsers.js';
import { suggest } from './suggest.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with one input; `name` is undefined for a name that no input has. */
export interface InputProblem {
  readonly name: InputName | undefined;
  /** What is wrong, as the end of the sentence that begins with the name; then the rule, and an example. */
  readonly reason: string;
}

/** Every problem of the inputs, and as one message. */
export class InputsError extends ActionError {
  readonly problems: readonly InputProblem[];

  constructor(problems: readonly InputProblem[], next: string) {
    const count = problems.length === 1 ? 'An input is wrong' : `${problems.length} inputs are wrong`;
    super({
      what: `${count}:`,
      each: problems.map(({ name, reason }) => `${name === undefined ? '' : `${name}: `}${reason}`),
      done: 'Nothing was installed, called or changed.',
      next,
    });
    this.problems = problems;
  }
}

/** Reads inputs from the environment and gathers every problem, so that all are reported together. */
export class InputReader {
  readonly #env: Environment;
  readonly #problems: InputProblem[] = [];
  readonly #whyEmpty: string;
  #lacks = false;

  /** @param whyEmpty what may be behind an input that is missing, in whole sentences */
  constructor(env: Environment, whyEmpty = '') {
    this.#env = env;
    this.#whyEmpty = whyEmpty;
    this.#problems.push(...findUnknownNames(env));
  }

  /** The text as given, or the default; empty text counts as not given, as an unset expression in a workflow is. */
  text(name: InputName): string {
    const given = this.#env[environmentName(name)] ?? '';
    return given.trim() === '' ? INPUTS[name].default : given;
  }

  /** The parsed value; undefined where nothing is given or the value is wrong, which is then noted. */
  optional<T>(name: InputName, parse: Parser<T>): T | undefined {
    const text = this.text(name);
    return text === '' ? undefined : this.attempt(name, () => parse(text));
  }

  /** The parsed value, or `fallback` where there is none; `fallback` is never used by a run, as the problem ends it. */
  value<T>(name: InputName, parse: Parser<T>, fallback: T): T {
    return this.optional(name, parse) ?? fallback;
  }

  /** Notes that an input which has to be given is missing. */
  require(name: InputName): void {
    if (this.text(name) !== '') return;
    this.#lacks = true;
    this.problem(name, 'it is missing');
  }

  /** Runs a check that may throw `Invalid`; what it says becomes a problem of this input. */
  attempt<T>(name: InputName, check: () => T): T | undefined {
    try {
      return check();
    } catch (thrown) {
      if (!(thrown instanceof Invalid)) throw thrown;
      this.problem(name, `${thrown.message}${this.#unusualIn(name, thrown.message)}`);
      return undefined;
    }
  }

  /** What is in a value without being seen, or looks like something else, where the message does not say so yet. */
  #unusualIn(name: InputName, message: string): string {
    const { secret, freeText }: InputSpec = INPUTS[name];
    if (secret === true || freeText === true || message.includes('U+')) return '';
    return because(this.text(name), UNUSUAL);
  }

  /**
   * Notes a problem; `reason` ends the sentence that begins with the input's name.
   * @param spec the rule and the example of the part of the input that it is about; the input's own unless told
   */
  problem(name: InputName, reason: string, spec: Pick<InputSpec, 'rule' | 'example'> = INPUTS[name]): void {
    this.#problems.push({
      name,
      reason: `${reason}. It must be ${spec.rule}. Example: ${name}: ${spec.example}`,
    });
  }

  /** @throws InputsError with all the problems in the order of the inputs, if there are any */
  finish(): void {
    if (this.#problems.length === 0) return;
    const why = this.#lacks ? ` ${this.#whyEmpty}` : '';
    const order = ({ name }: InputProblem): number => (name === undefined ? -1 : INPUT_NAMES.indexOf(name));
    throw new InputsError(
      this.#problems.toSorted((a, b) => order(a) - order(b)),
      `Correct the \`with:\` block of this step and run it again.${why}`.trim(),
    );
  }
}

/** The runner's own rule: upper case, spaces to underscores, dashes stay (actions/toolkit, getInput). */
export function environmentName(name: string): string {
  return `INPUT_${name.replace(/ /g, '_').toUpperCase()}`;
}

function findUnknownNames(env: Environment): InputProblem[] {
  const known = new Set(INPUT_NAMES.map(environmentName));
  return Object.keys(env)
    .filter((key) => key.startsWith('INPUT_') && !known.has(key))
    .map((key) => {
      const name = key.slice('INPUT_'.length).toLowerCase();
      const near = suggest(name.replace(/_/g, '-'), INPUT_NAMES);
      const hint = near === undefined ? 'The README lists the inputs.' : `Did you mean ${near}?`;
      return { name: undefined, reason: `${quote(name)}: there is no input of this name. ${hint}` };
    });
}
