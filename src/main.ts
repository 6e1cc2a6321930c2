import { readFile } from 'node:fs/promises';
import { applySavedPlan } from './apply.js';
import { checkApproval } from './approve.js';
import { obtainCredentials, type AwsSession } from './aws/credentials.js';
import { requestIdToken } from './aws/oidc.js';
import { readContext, type RunContext } from './context.js';
import type { Deps } from './deps.js';
import { ActionError, messageOf } from './errors.js';
import { createGitHubClient, type GitHubClient } from './github/client.js';
import { readInputs, type Inputs } from './inputs/inputs.js';
import { inputSources } from './inputs/sources.js';
import { refuseUnfinished } from './inputs/unfinished.js';
import { makePlan } from './make-plan.js';
import { writeOutputs, type Outputs } from './outputs.js';
import { explained, openTerraform, type PhasedTerraform } from './phased-terraform.js';
import { assertGuarded } from './plan/guard.js';
import { keyResults, publishReport, type RunReport } from './publish.js';
import type { ReportedPlan } from './report/types.js';
import { installTerraform, type InstalledTerraform } from './terraform/install.js';
import { prepareConfiguration } from './terraform/prepare.js';
import { assertVerified, isVerified, verifyRun } from './verify-run.js';
import { createWorkspace, type Workspace } from './workspace.js';

/** What one run is about, and what it has found out so far. */
interface Run {
  readonly deps: Deps;
  readonly inputs: Inputs;
  readonly context: RunContext;
  readonly client: GitHubClient | undefined;
  /** Grows as the run goes on; whatever happens, it is set as the outputs at the end. */
  readonly known: Outputs[];
  /** How far the run came, for the report of a failure. */
  readonly story: { -readonly [Part in keyof Omit<RunReport, 'outcome' | 'failure'>]: RunReport[Part] };
}

/**
 * The whole way of one run, from the inputs to the outputs. The outputs that are known are set however it ends.
 * @throws ActionError for every refusal and every failure that can be explained
 */
export async function run(deps: Deps): Promise<void> {
  const inputs = readInputs(inputSources(deps.env));
  refuseUnfinished(inputs);
  const context = await readContext({ env: deps.env, readFile: (file) => readFile(file, 'utf8') });
  sayContext(context, deps);
  const client = await openGitHub(deps, inputs, context);
  const started: Run = { deps, inputs, context, client, known: [], story: {} };
  try {
    await carryOut(started);
  } catch (thrown) {
    await publish(started, { outcome: outcomeOf(thrown), failure: explanationOf(thrown) });
    throw thrown;
  } finally {
    writeOutputs(knownOutputs(started), deps.log, (name, value) => {
      deps.runner.setOutput(name, value);
    });
  }
}

async function carryOut(run: Run): Promise<void> {
  const { deps, inputs, known, story } = run;
  // 1. The tools and the configuration
  const workspace = await createWorkspace(deps.env);
  const [tool, session] = await Promise.all([install(deps, inputs, workspace), logIn(run)]);
  known.push({ 'terraform-version': tool.version, 'account-id': session.accountId });
  const terraform = openTerraform({
    deps,
    path: tool.path,
    workDir: workspace.workDir,
    credentials: () => session.environment,
  });
  known.push({ 'aws-provider-version': await initialise(run, workspace, terraform) });
  // 2. The plan, and what the guard says of it
  const { reported, outputs } = await makePlan({ deps, inputs, workDir: workspace.workDir, terraform });
  story.plan = reported;
  known.push(outputs);
  refuse(() => {
    assertGuarded(reported.findings);
  });
  if (inputs.command === 'plan' || !reported.model.hasChanges) {
    await publish(run, { outcome: reported.model.hasChanges ? 'planned' : 'no-changes' });
    return;
  }
  // 3. The approval, and then exactly that plan
  await approve(run, reported);
  await session.refreshIfShort();
  known.push(await applySavedPlan(inputs, terraform));
  // 4. The proof that the keys are what was planned
  const keys = keyResults(knownOutputs(run), inputs.primaryRegion);
  const verification = await verifyRun({ inputs, session, keys, model: reported.model });
  Object.assign(story, { keys, verification });
  if (verification !== undefined) {
    known.push({ verified: isVerified(verification) });
    assertVerified(verification);
  }
  await publish(run, { outcome: 'applied' });
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
  workspace: Workspace,
  terraform: PhasedTerraform,
): Promise<string> {
  return terraform.phase('Initialise Terraform', async () => {
    const options = await prepareConfiguration({
      inputs,
      workspace,
      moduleDir: deps.moduleDir,
      log: deps.log,
    });
    await terraform.init(options).catch(explained('Nothing was planned or changed.'));
    return terraform.selectedProviderVersion();
  });
}

async function approve(run: Run, plan: ReportedPlan): Promise<void> {
  const approval = await checkApproval({ ...run, plan });
  run.story.approval = approval;
  if (approval.approved) {
    run.deps.log.info(approval.says);
    return;
  }
  for (const line of approval.gone) run.deps.log.info(`approved, and no longer planned: ${line}`);
  for (const line of approval.added) run.deps.log.info(`planned, and not approved: ${line}`);
  refuse(() => {
    throw new ActionError({ what: approval.says, done: 'Nothing was changed.', next: '' });
  });
}

/** A refusal is no failure of the run's own: the report tells the two apart. */
class Refusal extends ActionError {}

function refuse(check: () => void): void {
  try {
    check();
  } catch (thrown) {
    throw thrown instanceof ActionError ? new Refusal(thrown, { cause: thrown }) : thrown;
  }
}

function outcomeOf(thrown: unknown): RunReport['outcome'] {
  return thrown instanceof Refusal ? 'refused' : 'failed';
}

/** A refusal's reasons are among the findings and in the approval; anything else is told as a failure. */
function explanationOf(thrown: unknown): RunReport['failure'] {
  if (thrown instanceof Refusal) return undefined;
  if (thrown instanceof ActionError) return thrown;
  return { what: messageOf(thrown), done: '', next: 'The log of the run says more.' };
}

async function publish(run: Run, report: RunReport): Promise<void> {
  const known = knownOutputs(run);
  run.known.push(await publishReport({ ...run, known, report: { ...run.story, ...report } }));
}

function knownOutputs({ known }: Run): Outputs {
  return Object.assign({}, ...known) as Outputs;
}

function sayContext({ payloadProblem, runsWithTargetSecrets }: RunContext, { log }: Deps): void {
  if (payloadProblem !== undefined) log.debug(payloadProblem);
  if (!runsWithTargetSecrets) return;
  log.warning(
    'pull_request_target gives this job the secrets and the role of the base branch. It must not check out or run anything of the pull request.',
    { title: 'pull_request_target' },
  );
}

async function openGitHub(
  deps: Deps,
  inputs: Inputs,
  context: RunContext,
): Promise<GitHubClient | undefined> {
  const token = inputs.githubToken;
  const wanted = context.pullRequest !== undefined || inputs.approval.by === 'pull-request';
  if (token === undefined || context.repository === undefined || !wanted) return undefined;
  deps.log.mask(token);
  return createGitHubClient({
    token,
    apiUrl: context.apiUrl,
    graphqlUrl: context.graphqlUrl,
    clock: deps.clock,
    log: deps.log,
  });
}
