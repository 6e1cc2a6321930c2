import { obtainCredentials, type AwsSession } from './aws/credentials.js';
import { requestIdToken } from './aws/oidc.js';
import type { Deps } from './deps.js';
import type { Inputs } from './inputs/inputs.js';
import { explained, openTerraform, type PhasedTerraform } from './phased-terraform.js';
import { learn, type Run } from './run.js';
import { installTerraform, type InstalledTerraform } from './terraform/install.js';
import { prepareConfiguration } from './terraform/prepare.js';
import { createWorkspace, type Workspace } from './workspace.js';

/** What every command works with. */
export interface Ready {
  readonly session: AwsSession;
  readonly terraform: PhasedTerraform;
  /** The folder of this run's configuration, plan and logs. */
  readonly workDir: string;
}

/**
 * Makes ready what every command needs: a Terraform that was checked, credentials that were proven, the configuration
 * rendered and initialised.
 * @throws ActionError when one of them cannot be had; nothing was planned or changed then
 */
export async function makeReady(run: Run): Promise<Ready> {
  const { deps, inputs } = run;
  const workspace = await createWorkspace(deps.env);
  const [tool, session] = await Promise.all([install(deps, inputs, workspace), logIn(run)]);
  learn(run, { 'terraform-version': tool.version, 'account-id': session.accountId });
  const { workDir } = workspace;
  const terraform = openTerraform({
    deps,
    path: tool.path,
    workDir,
    credentials: () => session.environment,
  });
  learn(run, { 'aws-provider-version': await initialise(run, tool.version, workspace, terraform) });
  return { session, terraform, workDir };
}

function install(deps: Deps, inputs: Inputs, workspace: Workspace): Promise<InstalledTerraform> {
  return installTerraform({
    version: inputs.terraformVersion,
    platform: deps.platform,
    env: deps.env,
    toolCacheDir: deps.env['RUNNER_TOOL_CACHE'],
    tempDir: workspace.workDir,
    downloadBase: inputs.terraformDownloadUrl,
    fetch: deps.fetch,
    exec: deps.exec,
    clock: deps.clock,
    log: deps.log,
  });
}

async function logIn({ deps, inputs, context }: Run): Promise<AwsSession> {
  const { env, clock, log } = deps;
  const session = await obtainCredentials({
    ...inputs,
    region: inputs.primaryRegion,
    env,
    clock,
    log,
    signal: deps.cancelled,
    getIdToken: (audience) =>
      requestIdToken({ env, context, audience, fetch: deps.fetch, clock, log, signal: deps.cancelled }),
  });
  log.info(`AWS account ${session.accountId}, as ${session.callerArn}`);
  return session;
}

async function initialise(
  { deps, inputs }: Run,
  terraformVersion: string,
  workspace: Workspace,
  terraform: PhasedTerraform,
): Promise<string> {
  return terraform.phase('Initialise Terraform', async () => {
    const options = await prepareConfiguration({
      inputs,
      workspace,
      terraformVersion,
      moduleDir: deps.moduleDir,
      log: deps.log,
    });
    await terraform.init(options).catch(explained('Nothing was planned or changed.'));
    return terraform.selectedProviderVersion();
  });
}
