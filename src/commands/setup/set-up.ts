import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { obtainCredentials, type AwsSession } from '../../aws/credentials.js';
import { openKms, type KmsClients } from '../../aws/kms-clients.js';
import { findBadVariables, refuseBadConfig, withoutMachineConfig } from '../../aws/machine-config.js';
import { requestIdToken } from '../../aws/oidc.js';
import type { SilentRegion } from '../../aws/silent-regions.js';
import { initConfiguration, type Configuration } from './init-configuration.js';
import type { Deps } from '../../deps.js';
import { ActionError } from '../../errors.js';
import { hasBackendSecrets } from '../../inputs/backend-secrets.js';
import { explainEmptyInput } from '../../inputs/empty-input.js';
import type { Inputs } from '../../inputs/inputs.js';
import { inputSources } from '../../inputs/sources.js';
import { openTerraform, type PhasedTerraform } from './phased-terraform.js';
import { findSilence } from './silence.js';
import { planAsTheStateNeeds } from './state-needs.js';
import { watchPlan } from './watched-plan.js';
import type { Reporting, Run } from '../../run.js';
import { trustExtraCertificates } from '../../terraform/certificates.js';
import { collectorSetting } from '../../terraform/memory.js';
import { installTerraform, type InstalledTerraform } from '../../terraform/install/install.js';
import { clearWorkspace, createWorkspace, type Workspace } from '../../runner/workspace.js';

/** What every command works with. */
export interface Setup {
  readonly session: AwsSession;
  /** What asks KMS, in any Region, with the session's credentials. */
  readonly clients: KmsClients;
  readonly terraform: PhasedTerraform;
  readonly configuration: Configuration;
  /** The Regions of the key whose KMS does not answer. */
  readonly silent: readonly SilentRegion[];
  /** The folder of this run's configuration, plan and logs. */
  readonly workDir: string;
}

/**
 * Sets up what every command needs: a Terraform that was checked, credentials that were proven, the configuration
 * rendered and initialised.
 * @throws ActionError when one of them cannot be had; nothing was planned or changed then
 */
export async function* setUp(run: Run): Reporting<Setup> {
  const { deps, inputs } = run;
  const workspace = await createWorkspace(deps.env);
  run.atEnd.push(() => clearWorkspace(workspace, hasBackendSecrets(inputs)));
  await prepareAwsConfig(run, workspace);
  const [tool, { session, clients, silent }, certificates] = await Promise.all([
    install(deps, inputs, workspace),
    logInAndListen(run),
    trustExtraCertificates({ ...deps, workDir: workspace.workDir }),
  ]);
  yield { outputs: { 'terraform-version': tool.version, 'account-id': session.accountId } };
  assertVisible(session, deps);
  const { workDir } = workspace;
  const collector = collectorSetting(1 + inputs.replicaRegions.length, deps.memory(), deps.env);
  const terraform = openTerraform({
    deps,
    path: tool.path,
    workDir,
    backend: inputs.backend?.type,
    extra: () => ({ ...collector, ...session.environment, ...certificates }),
  });
  const configuration = await initConfiguration(run, tool.version, workspace, terraform);
  yield { outputs: { 'aws-provider-version': configuration.providerVersion } };
  return {
    session,
    clients,
    terraform: planAsTheStateNeeds(watchPlan(terraform, run, clients), configuration),
    configuration,
    silent,
    workDir,
  };
}

/**
 * With a role, nothing of the machine's AWS configuration counts, for the SDK as for Terraform. Without one it is what the
 * user wants, and what cannot work in it is told with its place.
 */
async function prepareAwsConfig({ deps, inputs }: Run, { workDir }: Workspace): Promise<void> {
  const { readFile } = inputSources(deps.env);
  if (inputs.roleToAssume === undefined) {
    refuseBadConfig(deps.env, readFile);
    return;
  }
  for (const { place, why } of findBadVariables(deps.env, readFile)) {
    deps.log.warning(`${place} is left out: ${why}.`, { title: 'AWS configuration of the runner' });
  }
  const emptyFile = path.join(workDir, 'aws-config');
  await writeFile(emptyFile, '');
  const settings = withoutMachineConfig(deps.env, emptyFile, readFile);
  for (const [name, value] of Object.entries(settings)) deps.setEnv(name, value);
}

/** The account is in every ARN: were it masked, GitHub would drop the outputs and skip what depends on them. */
function assertVisible({ accountId }: AwsSession, { log }: Deps): void {
  if (!log.isMasked(accountId)) return;
  throw new ActionError({
    what: 'A secret of this job is a part of the id of the AWS account, which is in every ARN: hiding it would blank the outputs.',
    done: 'Nothing was planned or changed.',
    next: 'Use another value for that secret: most likely a password in `backend-config`.',
  });
}

function install(deps: Deps, inputs: Inputs, workspace: Workspace): Promise<InstalledTerraform> {
  return installTerraform({
    version: inputs.terraformVersion,
    platform: deps.platform,
    env: deps.env,
    tempDir: workspace.workDir,
    downloadBase: inputs.terraformDownloadUrl,
    exec: deps.exec,
    clock: deps.clock,
    log: deps.log,
    signal: deps.cancelled,
  });
}

/** While Terraform is being unpacked, each Region is asked whether it is there. */
async function logInAndListen(run: Run): Promise<Pick<Setup, 'session' | 'clients' | 'silent'>> {
  const session = await logIn(run);
  const clients = await openKms(session.provider);
  run.atEnd.push(clients.destroy);
  return { session, clients, silent: await findSilence(run, clients) };
}

async function logIn({ deps, inputs, context }: Run): Promise<AwsSession> {
  const { env, clock, log } = deps;
  const session = await obtainCredentials({
    ...inputs,
    region: inputs.primaryRegion,
    otherRegions: inputs.replicaRegions,
    whyNoRole: explainEmptyInput(inputSources(env)),
    env,
    clock,
    log,
    signal: deps.cancelled,
    getIdToken: (audience) => requestIdToken({ env, context, audience, log, signal: deps.cancelled }),
  });
  log.info(`AWS account ${session.accountId}, as ${session.callerArn}`);
  return session;
}

/** The run with the inputs as the state has them: with the primary where it was, as long as it is still to be moved. */
export function asTheStateHas(run: Run, { configuration: { move } }: Setup): Run {
  return move === undefined ? run : { ...run, inputs: move.before };
}
