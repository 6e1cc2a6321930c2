import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { KmsClients } from '../../aws/kms-clients.js';
import { lookUpAlias } from '../../aws/key-lookup.js';
import type { WaitOptions } from '../../aws/key-wait.js';
import { awaitPromotion, promote } from '../../aws/primary-region.js';
import { ActionError } from '../../errors.js';
import { keyOutputs, summariseCounts, type Outputs } from '../../outputs.js';
import { assertGuarded, guardPlan } from '../../guard/guard.js';
import { asMove, digestMove, sayMove } from '../../plan/move.js';
import type { ReportedPlan } from '../../report/types.js';
import type { Reporting, Run } from '../../run.js';
import { describeEvent } from '../../terraform/events.js';
import { asNextOf, findPrimaryPlace, withoutEnds } from '../../terraform/state-file.js';
import type { Terraform } from '../../terraform/run.js';
import { copyWorkFolder } from '../../terraform/work-copy.js';
import { guardRequestOf } from '../plan/judge-plan.js';
import { planAndRead, type ReadPlan } from '../plan/read-plan.js';
import { keepPlan, planOf, type MadePlan } from '../plan/make-plan.js';
import type { FinishedPlan } from '../plan/plan-without-taint.js';
import type { Setup } from '../setup/set-up.js';
import { explained } from '../setup/phased-terraform.js';
import type { PendingMove } from '../setup/primary-move.js';
import { joinWords } from '../../phrases.js';
import { judgeMove } from '../../guard/move.js';

/** The state that has followed, in the working folder. */
const MOVED_STATE = 'moved.tfstate';

/**
 * The plan of a move: that Terraform has nothing else to do. As long as AWS has not moved the primary, that is the plan with
 * the primary where it is; once AWS has, by an apply that was interrupted or by hand, it is the one in which the state follows,
 * made on a copy of it. Changes nothing, and moves nothing.
 * @param run with the inputs as the state has them
 */
export async function planMove(run: Run, setup: Setup, move: PendingMove): Promise<MadePlan> {
  const progress = await setup.terraform.phase('Look where AWS has the primary', ({ say }) =>
    awaitPromotion(move, setup.clients, { ...waitOptions(run), say }),
  );
  const hasMoved = progress === 'done';
  const planned = hasMoved ? await planFollowing(run, setup, move) : await planOf({ ...run, ...setup });
  const reported = reportMove(run, planned, move, hasMoved);
  const outputs = {
    ...(await keepPlan({ ...run, ...setup }, { ...planned, reported })),
    'plan-summary': `${sayMove(move)}, ${summariseCounts(reported.model.counts, true)}`,
  };
  return { reported, outputs, unfinished: undefined };
}

function reportMove(
  run: Run,
  { reported, unfinished }: FinishedPlan,
  move: PendingMove,
  hasMoved: boolean,
): ReportedPlan {
  const others = [
    ...judgeMove(reported.model, move, hasMoved),
    ...(unfinished === undefined ? [] : [UNFINISHED]),
  ];
  const model = others.length === 0 ? asMove(reported.model, move, hasMoved) : reported.model;
  const ofGuard = guardPlan({
    ...guardRequestOf(model, run),
    primaryRegion: hasMoved ? move.to : move.from,
    options: { deletionConfirmed: false, destroys: false },
  });
  return {
    ...reported,
    model,
    findings: [...others, ...ofGuard],
    digest: digestMove(move, model.lastApply?.done),
    access: [],
    move,
    text: describeText(move, hasMoved),
  };
}

const UNFINISHED = {
  severity: 'stop',
  rule: 'move-not-alone',
  reason: 'A move of the primary comes alone, and an earlier apply was stopped before its end.',
  wayOut: 'First let that apply come to its end, without `move-primary` and with `primary-region` as it was.',
  region: undefined,
  address: undefined,
} as const;

function describeText(move: PendingMove, hasMoved: boolean): string {
  const { from, to, keyId } = move;
  const first = hasMoved
    ? `AWS has the primary of ${keyId} in ${to} already, and the state has it in ${from}. The state follows.`
    : `UpdatePrimaryRegion moves the primary of ${keyId} from ${from} to ${to}, and the state follows.`;
  return `${first}\nTerraform has no other change: no key is made, replaced, deleted or forgotten.\n`;
}

/** The plan in which the state follows, as it would be applied. */
async function planFollowing(run: Run, setup: Setup, move: PendingMove): Promise<FinishedPlan> {
  run.deps.log.notice(
    `AWS has the primary in ${move.to} already, and the state has it in ${move.from}: an apply was interrupted, or it was moved by hand. What is left is for the state to follow. It takes each key's settings as AWS has them; what differs from the inputs is for the next plan.`,
    { title: 'move-primary' },
  );
  const { plan } = await planInCopy(run, setup, move, NOTHING_DONE);
  return { ...plan, unfinished: undefined };
}

const NOTHING_DONE = 'Nothing was changed by this run.';

interface Following {
  readonly plan: ReadPlan;
  readonly copy: Terraform;
  readonly folder: string;
  /** The state that the copy was made of. */
  readonly state: string;
}

/**
 * Plans, on a copy of the state, that the keys and aliases at both ends come under their new addresses, with their settings
 * as AWS has them: whatever was changed meanwhile, by hand or in the inputs, does not keep the state from following.
 */
async function planInCopy(run: Run, setup: Setup, move: PendingMove, done: string): Promise<Following> {
  const { terraform, configuration, workDir, clients } = setup;
  const ends = [move.from, move.to] as const;
  await assertAliases(move, clients, done);
  const state = await terraform.pullState().catch(explained(done));
  const imports = ends.map((region) => ({ region, keyId: move.keyId, hasAlias: true }));
  const folder = await configuration.during({ regions: move.after, imports, keepsSettings: true }, () =>
    copyWorkFolder(workDir, withoutEnds(state, ends)),
  );
  const copy = terraform.inFolder(folder);
  const plan = await planAndRead({
    ...run,
    ...setup,
    inputs: move.after,
    name: 'Plan that the state follows',
    done,
    planner: () => Promise.resolve(copy),
  });
  return { plan, copy, folder, state };
}

/** @throws ActionError where an alias that is to be imported is not there, or is another key's */
async function assertAliases(
  { keyId, from, to, after }: PendingMove,
  clients: KmsClients,
  done: string,
): Promise<void> {
  const alias = `alias/${after.alias}`;
  const lookups = await Promise.all(
    [from, to].map(async (region) => ({ region, lookup: await lookUpAlias(clients, region, alias) })),
  );
  const missing = lookups.filter(
    ({ lookup }) => lookup.is === 'not-found' || (lookup.is === 'found' && lookup.key.keyId !== keyId),
  );
  if (missing.length === 0) return;
  const commands = missing.map(({ region, lookup }) => {
    const verb = lookup.is === 'not-found' ? 'create' : 'update';
    return `\`aws kms ${verb}-alias --region ${region} --alias-name ${alias} --target-key-id ${keyId}\``;
  });
  throw new ActionError({
    what: `${alias} does not lead to the key ${keyId} in ${joinWords(missing.map(({ region }) => region))}, and the state takes it in as AWS has it.`,
    done,
    next: `Where \`alias\` was changed, set it back until the primary has moved. Else make the alias: ${commands.join(' and ')}. Then run the job again.`,
  });
}

function waitOptions({ deps, inputs }: Run): Omit<WaitOptions, 'say'> {
  return {
    clock: deps.clock,
    signal: deps.cancelled,
    timeoutMs: inputs.replicaTimeoutMinutes * 60_000,
  };
}

/**
 * Moves the primary, and lets the state follow in one write: all that leads there happens in a copy of it, so that a run that
 * is stopped anywhere leaves the state as it was, and the next one finds out from AWS how far this one came.
 * @returns the outputs that the keys have now
 * @throws ActionError that says how far it came
 */
export async function* applyMove(run: Run, setup: Setup, move: PendingMove): Reporting<Outputs> {
  const { terraform, session, clients, workDir } = setup;
  await session.refreshIfShort();
  await terraform.phase('Move the primary', ({ say }) =>
    promote(move, clients, { ...waitOptions(run), say }),
  );
  const done = `AWS has the primary in ${move.to}. The state still has it in ${move.from}; running the job again lets it follow.`;
  await session.refreshIfShort();
  const { plan, copy, folder, state } = await planInCopy(run, setup, move, done);
  assertGuarded(judgeMove(plan.reported.model, move, true), done);
  const values = await terraform.phase('Let the state follow', async ({ say }) => {
    const applied = await copy
      .apply((event) => {
        const line = describeEvent(event, move.to);
        if (line !== undefined) say(line);
      })
      .catch(explained(done));
    const followed = await readFile(path.join(folder, 'terraform.tfstate'), 'utf8');
    await writeFile(path.join(workDir, MOVED_STATE), asNextOf(followed, state), { mode: 0o600 });
    await terraform
      .pushState(MOVED_STATE)
      .catch((thrown: unknown) => keptByAnother(thrown, setup, move, done));
    say(`The state has the primary in ${move.to}`);
    return applied.outputs;
  });
  const outputs = keyOutputs(values);
  yield { outputs };
  return outputs;
}

/** Where another run has let the state follow meanwhile, nothing is left to write. */
async function keptByAnother(
  thrown: unknown,
  { terraform }: Setup,
  { to }: PendingMove,
  done: string,
): Promise<void> {
  const place = findPrimaryPlace(await terraform.pullState().catch(explained(done)));
  if (place?.region !== to) explained(done)(thrown);
}
