import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { specNeedsProvider } from '../facts/key-specs.js';
import { isKnownRegion, unsupportedReason } from '../facts/regions.js';
import type { Environment } from '../runner/context.js';
import type { Log } from '../deps.js';
import { ActionError } from '../errors.js';
import { splitSecrets } from '../inputs/backend-secrets.js';
import type { Inputs } from '../inputs/inputs.js';
import type { AppliedBy } from '../plan/last-apply.js';
import type { Workspace } from '../runner/workspace.js';
import { chooseBackend } from './backend.js';
import {
  knowsRotationPeriod,
  renderConfiguration,
  renderProviderChoice,
  type ConfigurationFile,
  type SetupFacts,
} from './module.js';
import { onlyProviderModeOf } from './provider-mode.js';

export interface PrepareRequest {
  readonly inputs: Inputs;
  readonly workspace: Workspace;
  /** The Terraform that will run. */
  readonly terraformVersion: string;
  /** The folder of the bundled Terraform module. */
  readonly moduleDir: string;
  /** Where custom endpoints are named. */
  readonly env: Environment;
  readonly log: Log;
  /** The run that applies, to be kept in the state; undefined where nothing is applied. */
  readonly appliedBy?: AppliedBy | undefined;
}

export interface PreparedConfiguration {
  /** For `init`: the file with the secret settings of the backend, where it has some and is in the configuration. */
  readonly backendConfig: () => string | undefined;
  /** Takes that file away again: after `init` Terraform has the settings in a record of its own. */
  readonly forgetSecrets: () => Promise<void>;
  /** Writes it anew by what has been found out since. */
  readonly rewrite: (facts: SetupFacts) => Promise<void>;
}

/**
 * Writes the configuration into the working folder; where only `init` can tell its provider mode, no more
 * than what `init` needs for that.
 * @throws ActionError when the inputs ask for what the provider version, or a run without a state, cannot do
 */
export async function prepareConfiguration(request: PrepareRequest): Promise<PreparedConfiguration> {
  const { inputs, workspace, moduleDir, env, log, appliedBy } = request;
  const backend = chooseBackend(request);
  refuseUnknownArguments(inputs, inputs.awsProviderVersion);
  warnOfUnknownRegions(inputs, log);
  const { plain, secret } = splitSecrets(backend?.type ?? '', backend?.config ?? {});
  const shown = backend === undefined ? undefined : { type: backend.type, config: plain };
  const secretFile = path.join(workspace.workDir, BACKEND_SECRETS_FILE);
  const hasSecrets = Object.keys(secret).length > 0;
  if (hasSecrets) await writePrivately(secretFile, JSON.stringify(secret));
  let namesBackend = false;
  const write = async (files: readonly ConfigurationFile[]): Promise<void> => {
    await Promise.all(files.map((file) => writeConfigurationFile(file, workspace.workDir, moduleDir)));
  };
  const rewrite = async (facts: SetupFacts): Promise<void> => {
    await write(renderConfiguration({ ...inputs, ...facts.regions, backend: shown, env, facts, appliedBy }));
    namesBackend = true;
  };
  await (onlyProviderModeOf(inputs.awsProviderVersion) === undefined
    ? write([renderProviderChoice(inputs)])
    : rewrite({}));
  return {
    backendConfig: () => (hasSecrets && namesBackend ? BACKEND_SECRETS_FILE : undefined),
    forgetSecrets: () => rm(secretFile, { force: true }),
    rewrite,
  };
}

/** Terraform reads a file with this ending as JSON (its documentation, "Partial Configuration"). */
const BACKEND_SECRETS_FILE = 'backend-secrets.json';

function writePrivately(file: string, content: string): Promise<void> {
  return writeFile(file, content, { mode: 0o600 });
}

async function writeConfigurationFile(
  file: ConfigurationFile,
  workDir: string,
  moduleDir: string,
): Promise<void> {
  const target = path.join(workDir, file.path);
  await mkdir(path.dirname(target), { recursive: true });
  await ('content' in file
    ? writePrivately(target, file.content)
    : copyFile(path.join(moduleDir, file.copyOf), target));
}

/**
 * Refuses by name what the provider does not know, where the provider's own error would not say as much.
 * @param providerVersion the version asked for, or the one that was chosen
 * @throws ActionError that names each such input, and the version that has it
 */
export function refuseUnknownArguments(inputs: Inputs, providerVersion: string): void {
  const { rotationPeriodInDays, keySpec } = inputs;
  const problems = inputs.replicaRegions.flatMap(
    (region) => unsupportedReason(region, providerVersion) ?? [],
  );
  if (rotationPeriodInDays !== undefined && !knowsRotationPeriod(providerVersion)) {
    problems.push('rotation-period-in-days needs version 5.49.0 of the AWS provider.');
  }
  const needed = specNeedsProvider(keySpec, providerVersion);
  if (needed !== undefined)
    problems.push(`The key spec ${keySpec} needs version ${needed} of the AWS provider.`);
  if (problems.length === 0) return;
  throw new ActionError({
    what: `${problems.join(' ')} The version is ${providerVersion}.`,
    done: 'Nothing was planned or changed.',
    next: 'Set `aws-provider-version` to such a version, or leave out what needs it.',
  });
}

function warnOfUnknownRegions({ primaryRegion, replicaRegions }: Inputs, log: Log): void {
  const unknown = [primaryRegion, ...replicaRegions].filter((region) => !isKnownRegion(region));
  if (unknown.length === 0) return;
  log.warning(
    `${unknown.join(', ')}: this version of the action does not know such a Region; AWS will say if there is none.`,
    { title: 'An unknown Region' },
  );
}
