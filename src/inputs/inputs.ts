import { isKeySpec } from '../facts/key-specs.js';
import { partitionOf } from '../facts/regions.js';
import { bareAlias } from './alias.js';
import { explainEmptyInput } from './empty-input.js';
import { InputReader } from './reader.js';
import { checkRules, readTogether, refuseVisibleSecrets, type Together } from './rules.js';
import type { InputSources } from './sources.js';
import { INPUT_NAMES, INPUTS, type Around, type Given, type InputSpec } from './table.js';

/** The inputs that are read for what they say together with others. */
type Parts =
  | 'stateBucket'
  | 'stateKey'
  | 'stateRegion'
  | 'backend'
  | 'backendConfig'
  | 'approvedPlan'
  | 'autoApprove'
  | 'allowDestroy'
  | 'confirmDestroy'
  | 'planDestroy'
  | 'keysFile'
  | 'key'
  | 'reports';

/** All that a run was asked for. */
export interface Inputs extends Omit<Given, Parts>, Together {
  /** Where the key stands in a keys file; `group` is what the comment for all its keys is found by. */
  readonly ofFile?: { readonly path: string; readonly key: string; readonly group: string } | undefined;
}

/**
 * Reads and validates every input at once.
 * @returns the inputs, frozen
 * @throws ActionError that lists every problem: the input, its value, the rule and an example
 */
export function readInputs(sources: InputSources): Inputs {
  const reader = new InputReader(sources.env, explainEmptyInput(sources));
  const around = readAround(reader, sources);
  const given = readTable(reader, around);
  for (const name of ['primary-region', 'alias'] as const) reader.require(name);
  checkRules(reader, given);
  const inputs = { ...given, ...readTogether(reader, given, around) };
  refuseVisibleSecrets(reader, inputs, sources.env);
  reader.finish();
  return Object.freeze(inputs);
}

function readAround(reader: InputReader, sources: InputSources): Around {
  const primaryRegion = reader.text('primary-region').trim();
  const keySpec = reader.text('key-spec').trim();
  return {
    ...sources,
    primaryRegion,
    partition: partitionOf(primaryRegion) ?? 'aws',
    keySpec: isKeySpec(keySpec) ? keySpec : 'SYMMETRIC_DEFAULT',
    alias: bareAlias(reader.text('alias')),
  };
}

function readTable(reader: InputReader, around: Around): Given {
  const values = INPUT_NAMES.map((name) => {
    const { parse }: InputSpec = INPUTS[name];
    const value = reader.optional(name, (text) => parse(text, around));
    return [camelCase(name), value ?? insteadOf(INPUTS[name], around)];
  });
  return Object.fromEntries(values) as Given;
}

/** The value where there is none, or a wrong one: that ends the run, once the other inputs have been held against it. */
function insteadOf({ default: text, parse, absent }: InputSpec, around: Around): unknown {
  if (text !== '') return parse(text, around);
  return typeof absent === 'function' ? (absent as (around: Around) => unknown)(around) : absent;
}

function camelCase(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
