import semver from 'semver';
import type { Log } from '../../deps.js';
import { ActionError } from '../../errors.js';
import type { Inputs } from '../../inputs/inputs.js';
import { explained, type PhasedTerraform } from './phased-terraform.js';
import { findPendingMove, type PendingMove } from './primary-move.js';
import { appliedBy, type Run } from '../../run.js';
import { refuseForeignProviders } from '../../terraform/foreign-state.js';
import { memoryNotice } from '../../terraform/memory.js';
import type { SetupFacts } from '../../terraform/module.js';
import {
  prepareConfiguration,
  refuseUnknownArguments,
  type PreparedConfiguration,
} from '../../terraform/prepare.js';
import { openProviders } from '../../terraform/providers.js';
import { readStateReplicas, type StateReplica } from '../../terraform/state-file.js';
import { onlyProviderModeOf, providerModeOf, type ProviderMode } from '../../terraform/provider-mode.js';
import type { Workspace } from '../../runner/workspace.js';

/** The configuration that is written and initialised, and what that follows from. */
export interface Configuration {
  /** The version of the provider that init chose. */
  readonly providerVersion: string;
  readonly providerMode: ProviderMode;
  /** True when the provider is to name Regions on resources, and the state does not say them yet. */
  readonly awaitsRegions: boolean;
  /** The move of the primary that is still to be made; until it is, the configuration has the primary where it was. */
  readonly move: PendingMove | undefined;
  /** Writes it anew with more facts, imports beside those it has; needs no further `init`. */
  readonly extend: (more: SetupFacts) => Promise<void>;
  /** Writes it with other facts for as long as this work takes, and then as it was. */
  readonly during: <T>(other: SetupFacts, work: () => Promise<T>) => Promise<T>;
}

const NOTHING_DONE = 'Nothing was planned or changed.';

/**
 * Writes the configuration and has Terraform initialise it. The provider mode follows from the provider that init really
 * chose, and from what the state has.
 * @throws ActionError when the inputs ask for what that provider cannot do, or it cannot be had
 */
export async function initConfiguration(
  run: Run,
  terraformVersion: string,
  workspace: Workspace,
  terraform: PhasedTerraform,
): Promise<Configuration> {
  const { deps, inputs } = run;
  return terraform.phase('Initialise Terraform', async () => {
    const prepared = await prepareConfiguration({
      inputs,
      workspace,
      terraformVersion,
      moduleDir: deps.moduleDir,
      env: deps.env,
      log: deps.log,
      appliedBy: inputs.command === 'apply' ? appliedBy(run.context) : undefined,
    });
    const providers = await openProviders({ ...deps, inputs, workDir: workspace.workDir });
    try {
      const init = async (): Promise<void> => {
        await terraform
          .init({ ...providers.init, backendConfig: prepared.backendConfig() }, providers.environment)
          .catch(explained(NOTHING_DONE));
        await refuseForeignProviders(workspace.workDir);
      };
      const configuration = await initialise({ inputs, terraform, prepared, init, log: deps.log });
      await providers.keep();
      const tight = memoryNotice(configuration.providerMode, 1 + inputs.replicaRegions.length, deps.memory());
      if (tight !== undefined) deps.log.notice(tight, { title: 'Memory' });
      return configuration;
    } finally {
      await Promise.all([providers.close(), prepared.forgetSecrets()]);
    }
  });
}

async function initialise(request: Omit<InitRequest, 'providerVersion'>): Promise<Configuration> {
  const { inputs, terraform, prepared, init } = request;
  await init();
  const providerVersion = await terraform.selectedProviderVersion();
  refuseUnknownArguments(inputs, providerVersion);
  // Of a constraint it was open until now what the provider knows.
  if (semver.valid(inputs.awsProviderVersion) === null) await prepared.rewrite({ providerVersion });
  // There may have been no more than what chooses the provider, which is on this runner now.
  if (onlyProviderModeOf(inputs.awsProviderVersion) === undefined) await init();
  const move = await readPendingMove(request);
  const regions = move?.before;
  if (move !== undefined) await initialiseBoth(move, request, providerVersion);
  const facts = await adaptToState({ ...request, inputs: regions ?? inputs, regions, providerVersion });
  let current: SetupFacts = { ...facts, regions };
  return {
    providerVersion,
    providerMode: facts.providerMode,
    awaitsRegions: providerModeOf(providerVersion) !== facts.providerMode,
    move,
    extend: (more) => {
      const imports = [...(current.imports ?? []), ...(more.imports ?? [])];
      return prepared.rewrite((current = { ...current, ...more, imports }));
    },
    during: async (other, work) => {
      await prepared.rewrite({ ...current, ...other });
      return work().finally(() => prepared.rewrite(current));
    },
  };
}

/**
 * Has the module calls of both configurations on this runner: of the one for where the primary is, which it is then, and of
 * the one for where it goes.
 */
async function initialiseBoth(
  { before, after }: PendingMove,
  { inputs, prepared, init }: Omit<InitRequest, 'providerVersion'>,
  providerVersion: string,
): Promise<void> {
  const isOther = sorted(after.replicaRegions) !== sorted(inputs.replicaRegions);
  for (const regions of isOther ? [after, before] : [before]) {
    await prepared.rewrite({ providerVersion, regions });
    await init();
  }
}

function sorted(regions: readonly string[]): string {
  return [...regions].sort().join(' ');
}

function readPendingMove({
  inputs,
  log,
  terraform,
}: Omit<InitRequest, 'providerVersion'>): Promise<PendingMove | undefined> {
  const pullState = (): Promise<string> => terraform.pullState().catch(explained(NOTHING_DONE));
  return findPendingMove({ inputs, log, pullState });
}

interface InitRequest {
  readonly regions?: SetupFacts['regions'];
  readonly inputs: Inputs;
  readonly terraform: PhasedTerraform;
  readonly prepared: PreparedConfiguration;
  readonly init: () => Promise<void>;
  readonly providerVersion: string;
  readonly log: Log;
}

/**
 * A state that was written by aliases comes to `region` in two steps, as the provider's guide on Regions has it: first an
 * apply by aliases, by which the provider writes each Region into the state; then the addresses move. Were the first
 * left out, the provider would look for every replica in the primary's Region, and miss it.
 */
async function adaptToState(
  request: InitRequest,
): Promise<SetupFacts & { readonly providerMode: ProviderMode }> {
  const { inputs, regions, terraform, prepared, init, providerVersion, log } = request;
  const providerMode = providerModeOf(providerVersion);
  if (providerMode === 'aliases') return { providerVersion, providerMode };
  warnOfUntriedMode(providerVersion, log);
  const replicas = inputs.backend === undefined ? [] : await readReplicas(terraform);
  const old = replicas.filter(({ layout }) => layout === 'aliases');
  if (old.length === 0) return { providerVersion, providerMode };
  const canMove = MOVING_COMMANDS.includes(inputs.command) && !inputs.destroys;
  const moves = old.every(({ saysRegion }) => saysRegion) && canMove;
  const facts: SetupFacts & { providerMode: ProviderMode } = moves
    ? { providerVersion, providerMode, regions, movedRegions: old.map(({ region }) => region) }
    : { providerVersion, providerMode: 'aliases', regions, stateRegions: old.map(({ region }) => region) };
  log.notice(moves ? SECOND_STEP : FIRST_STEP, { title: 'From provider 5.x to 6.x' });
  await prepared.rewrite(facts);
  // The module calls by aliases are other ones than those that were initialised.
  if (!moves) await init();
  return facts;
}

const MOVING_COMMANDS: readonly Inputs['command'][] = ['plan', 'apply'];

const FIRST_STEP =
  'The state has its replicas by aliases, so this run still gives each Region a provider of its own. `apply` lets the provider write the Regions into the state; from then on the next plan moves the replicas to their new addresses. No key changes by that.';

const SECOND_STEP =
  'The state has its replicas by aliases, and knows their Regions: this plan moves them to the addresses that they have with provider 6.x. No key changes by that.';

function warnOfUntriedMode(providerVersion: string, log: Log): void {
  log.warning(
    `With provider ${providerVersion} the Region is named on each resource. Nobody has run that way with a real provider yet: it is checked against the provider's documentation alone. Read the plan with care; whatever would delete or replace a key is stopped.`,
    { title: 'Provider 6.x' },
  );
}

async function readReplicas(terraform: PhasedTerraform): Promise<StateReplica[]> {
  const text = await terraform.pullState().catch(explained(NOTHING_DONE));
  return understandState(() => readStateReplicas(text));
}

/** @throws ActionError when what `terraform state pull` printed is no state that this action knows */
export function understandState<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new ActionError(
      {
        what: 'terraform state pull printed no state in a form that this action knows.',
        done: NOTHING_DONE,
        next: 'Use a Terraform version that this action was tested with, or report this with the version.',
      },
      { cause },
    );
  }
}
