import { isOwnAddress, isOwnOutput } from '../terraform/addresses.js';
import { isKey } from '../plan/model.js';
import type { PlanModel } from '../plan/types.js';
import { nameSome } from '../phrases.js';
import { type Finding, stop, textOf, warn } from './finding.js';

/** Whose state it has to be. */
export interface Owner {
  /** The alias of the inputs, without `alias/`. */
  readonly alias: string;
  /** The alias that the key has until now, where a rename was said; without `alias/`. */
  readonly renamedFrom?: string | undefined;
}

/** What a state holds, as far as it tells whose it is. */
export interface Holdings {
  /** Addresses of managed resources that the bundled module does not have. */
  readonly foreign: readonly string[];
  /** Root outputs that this action's configuration never had. */
  readonly foreignOutputs: readonly string[];
  /** How many keys it knows at the addresses of the bundled module. */
  readonly keys: number;
  /** The names of the aliases at such addresses, with `alias/`. */
  readonly aliases: readonly string[];
  /** The alias that the state says it is of, with `alias/`; undefined where it says nothing. */
  readonly notedAlias: string | undefined;
}

/** Whether the state is somebody else's as a whole: then nothing else that a plan on it says is worth a word. */
export function isStateOfAnother({ rule }: Pick<Finding, 'rule'>): boolean {
  return rule === 'foreign-state' || rule === 'another-alias';
}

/** Whether something of somebody else's stands beside the key, which a plan would take away. */
export function isForeignBeside({ rule }: Pick<Finding, 'rule'>): boolean {
  return rule === 'foreign-resource';
}

/** What the state held before the plan, told by the plan: Terraform plans every resource that the state has. */
export function holdingsOf({ resources, drift, changedOutputs, notedAlias }: PlanModel): Holdings {
  // What is only read is a data source of ours that has to wait for apply: others are not even in the plan.
  const known = [...resources, ...drift].filter(({ action }) => action !== 'read');
  // What is only to be imported is in AWS, and not yet in the state.
  const own = known.filter(
    ({ address, before, importing }) => before !== null && importing === undefined && isOwnAddress(address),
  );
  const moved = resources.flatMap(({ movedFrom }) => movedFrom ?? []);
  return {
    foreign: distinct([...known.map(({ address }) => address), ...moved].filter((at) => !isOwnAddress(at))),
    foreignOutputs: changedOutputs.filter((name) => !isOwnOutput(name)),
    keys: distinct(own.filter(isKey).map(({ address }) => address)).length,
    aliases: distinct(
      own.filter(({ kind }) => kind === 'alias').flatMap(({ before }) => textOf(before, 'name') ?? []),
    ),
    notedAlias,
  };
}

/** The plan without what is not ours, for whoever judges what happens to the key. */
export function withoutForeign(model: PlanModel): PlanModel {
  const own = ({ address }: { readonly address: string }): boolean => isOwnAddress(address);
  return { ...model, resources: model.resources.filter(own), drift: model.drift.filter(own) };
}

/**
 * Whether the state is the one of this alias, and of nobody else. No input confirms what is stopped here: a state is told
 * by its place, so the way out is the right place.
 */
export function judgeOwnership(held: Holdings, owner: Owner): Finding[] {
  if (held.keys === 0 && held.aliases.length === 0) return judgeWithoutKey(held, owner);
  const others = othersThan(aliasesOf(held), owner);
  if (others.length > 0) return [anotherAlias(others, held, owner)];
  return [
    ...(held.foreign.length > 0 ? [foreignBeside(held.foreign, owner)] : []),
    ...(held.foreignOutputs.length > 0 ? [foreignOutputs(held.foreignOutputs)] : []),
  ];
}

function judgeWithoutKey(held: Holdings, owner: Owner): Finding[] {
  const things = [...held.foreign, ...held.foreignOutputs.map((name) => `the output ${name}`)];
  if (things.length > 0) return [foreignState(things, held, owner)];
  return owner.renamedFrom === undefined ? [] : [renameOfNothing(owner.renamedFrom, owner.alias)];
}

/** A key that has no alias, or none any more, is the one's whose apply made it. */
function aliasesOf({ aliases, notedAlias }: Holdings): readonly string[] {
  return aliases.length === 0 && notedAlias !== undefined ? [notedAlias] : aliases;
}

function othersThan(aliases: readonly string[], { alias, renamedFrom }: Owner): string[] {
  return aliases.filter((name) => name !== `alias/${alias}` && name !== `alias/${renamedFrom ?? alias}`);
}

/** What to do about a state that is somebody else's. */
export const RIGHT_PLACE =
  'Correct `state-bucket` and `state-key` (or `backend-config`): each key has a state of its own. No other input lets this action touch what it did not make.';

function foreignState(things: readonly string[], held: Holdings, { alias }: Owner): Finding {
  return stop('foreign-state', {
    reason: `The state belongs to something else: it holds ${someOf(things)}, and no key. Nothing of that is this action's, and with a plan for alias/${alias} Terraform would delete it.`,
    wayOut: RIGHT_PLACE,
    at: firstOf(held.foreign),
  });
}

function foreignBeside(foreign: readonly string[], { alias }: Owner): Finding {
  return stop('foreign-resource', {
    reason: `Beside the key of alias/${alias} the state holds what is not this action's: ${someOf(foreign)}. Terraform would delete or forget it.`,
    wayOut:
      'Take it out of this state first: `terraform state mv -state-out=FILE` gives it to the state of its own configuration, `terraform state rm` leaves it without one. A key of this action has a state of its own (docs/migrating.md); no input confirms the deletion of anything else.',
    at: firstOf(foreign),
  });
}

function foreignOutputs(names: readonly string[]): Finding {
  return warn('foreign-output', {
    reason: `The state has outputs that are not this action's, and apply removes them: ${someOf(names)}.`,
    wayOut: 'Whoever reads them with `terraform_remote_state` needs another source first.',
  });
}

function anotherAlias(others: readonly string[], held: Holdings, { alias, renamedFrom }: Owner): Finding {
  const [first = ''] = others;
  const said = renamedFrom === undefined ? '' : `, and not alias/${renamedFrom} either`;
  const rename = `to rename that key, set \`rename-alias-from: ${first.replace(/^alias\//, '')}\``;
  return stop('another-alias', {
    reason: `The state belongs to ${someOf(others)}, not to alias/${alias}${said}: its key would get the other name, and two services' data would be under one key.`,
    wayOut: `For a key of its own, give alias/${alias} another \`state-key\` (or \`backend-config\`); ${rename}.`,
    at: firstOf(held.foreign),
  });
}

function renameOfNothing(from: string, alias: string): Finding {
  return stop('rename-without-key', {
    reason: `The key of alias/${from} is to be renamed to alias/${alias}, and the state knows no key: the plan would make a new one, and leave the old one where it is.`,
    wayOut:
      'Set `state-key` (or `backend-config`) to the state that has the key, or remove `rename-alias-from` to make a new one.',
  });
}

function firstOf(foreign: readonly string[]): { region: undefined; address: string }[] {
  return foreign.slice(0, 1).map((address) => ({ region: undefined, address }));
}

/** At most three by name, and how many more. */
export function someOf(names: readonly string[]): string {
  return nameSome(names, 3);
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
