import { askLastUse } from '../aws/last-usage.js';
import { cancelDeletionCommands } from '../facts/cancel-deletion.js';
import type { Explanation } from '../errors.js';
import { lookUpKeys } from '../aws/key-lookup.js';
import { lookUpStates } from './key-states.js';
import { planKnowingAws } from './plan/plan-knowing-aws.js';
import { asTheStateHas, setUp, type Setup } from './setup/set-up.js';
import { stopWhereSilent } from './stop-where-silent.js';
import { explained } from './setup/phased-terraform.js';
import { diffDriftAccess } from '../plan/access.js';
import { assertGuarded } from '../guard/guard.js';
import { isForeignBeside, isStateOfAnother } from '../guard/ownership.js';
import { recordedKeys } from '../guard/preflight.js';
import type { PlanModel, ResourceChange } from '../plan/types.js';
import { DriftFound, refuse } from '../refusal.js';
import type { KeyStateNote, ReportedPlan } from '../report/types.js';
import type { Ended, Reporting, Run } from '../run.js';
import { readState, recordedKeysOf, type RecordedKey } from '../terraform/state.js';
import { isMovedPrimary } from '../terraform/symptoms.js';
import { isPendingDeletion } from '../facts/kms-answers.js';
import { nameOfAddress } from '../terraform/addresses.js';
import type { Finding } from '../guard/finding.js';

interface Drift {
  /** What AWS has that the state or the configuration has not, in words, one each; empty when all is as it should be. */
  readonly differences: readonly string[];
  readonly keyStates: readonly KeyStateNote[];
  readonly findings: readonly Finding[];
  /** What to do about it. */
  readonly next: string;
}

/** `drift`: what AWS has, against the state and the configuration. */
export async function* drift(started: Run): Reporting<Ended> {
  // 1. The tools, the credentials and the configuration
  const setup = yield* setUp(started);
  const run = asTheStateHas(started, setup);
  yield* stopWhereSilent(run, setup);
  // 2. What differs, by a plan that nobody applies
  const found = yield* findDrift(run, setup);
  assertNoDrift(run, found);
  return { run, outcome: found.differences.length > 0 ? 'drifted' : 'in-sync' };
}

/**
 * Compares AWS with the state and with the configuration, by one plan that is never applied: its refresh tells what was
 * changed outside Terraform, and its changes what else the configuration asks for. A key that is pending deletion is an alarm of its own. Changes nothing, not even the state.
 * @throws ActionError when the state is another's, or holds something beside the key that `apply` would not touch either;
 * in the second case what is known of the key is kept first
 */
async function* findDrift(run: Run, setup: Setup): Reporting<Drift> {
  const found = yield* planForDrift(run, setup);
  yield { outputs: { drifted: found.differences.length > 0 } };
  sayKeyStates(found.keyStates, run);
  refuse(() => {
    assertGuarded(found.findings.filter(isForeignBeside));
  });
  return found;
}

/** @throws DriftFound when there is drift and `fail-on-drift` wants the step to fail; else drift is a warning */
function assertNoDrift({ inputs, deps }: Run, { differences, next }: Drift): void {
  if (differences.length === 0) return;
  const explanation = {
    what: `AWS differs from the configuration: ${differences.join('; ')}.`,
    done: 'Nothing was changed by this run.',
    next,
  };
  if (inputs.failOnDrift) throw new DriftFound(explanation);
  deps.log.warning(Object.values(explanation).join(' '), { title: 'drift' });
}

const SAVE_FIRST =
  'First save the key that is going to be deleted: `apply` with `allow-recovery: true` cancels its deletion, as do the two commands in the job summary.';

/** What to do about drift; nothing that `apply` would refuse. */
function adviseOn({ model, findings }: ReportedPlan, keyStates: readonly KeyStateNote[]): string {
  const stops = findings.filter(({ severity }) => severity === 'stop');
  const wayOut = [...new Set(stops.map((each) => each.wayOut))].join(' ');
  const settle =
    wayOut === ''
      ? 'Put it back with `apply`, or take it over into the inputs; the job summary says what differs.'
      : `\`apply\` would refuse this plan. ${wayOut}`;
  const settled = model.drift.some(changesTags) ? `${settle} ${LEAVE_TAGS}` : settle;
  const urgent = keyStates.some(({ state }) => isPendingDeletion(state));
  return urgent ? `${SAVE_FIRST} ${settled}` : settled;
}

const LEAVE_TAGS =
  'Tags that something else puts on (an auto-tagger, AWS Backup, a cost tool) can be left to it with `ignore-tags`.';

function changesTags({ attributes }: ResourceChange): boolean {
  return attributes.some(({ name }) => name === 'tags' || name === 'tags_all');
}

async function* planForDrift(run: Run, setup: Setup): Reporting<Drift> {
  try {
    const { reported, outputs } = yield* planKnowingAws(run, setup);
    const { model } = reported;
    const owned = reported.findings.filter(isStateOfAnother);
    if (owned.length > 0) yield { outputs, report: { plan: reported } };
    refuse(() => {
      assertGuarded(owned);
    });
    const keyStates = await withUses(await lookUpStates(recordedKeys(model), setup.clients), setup);
    const findings = reported.findings.filter((finding) => !isToldByState(finding, keyStates));
    const plan = { ...reported, access: diffDriftAccess(model), findings };
    yield { outputs, report: { plan, keyStates } };
    const differences = describeDrift(model, run.inputs.primaryRegion);
    return { differences, keyStates, findings, next: adviseOn(plan, keyStates) };
  } catch (thrown) {
    if (!isMovedPrimary(thrown)) throw thrown;
    const failure = await explainMove(run, setup);
    yield { report: { failure } };
    const differences = [failure.what.replace(/\.$/, '')];
    return { differences, keyStates: [], findings: [], next: failure.next };
  }
}

/** Whoever has to decide whether to save a key wants to know whether anything used it. */
async function withUses(notes: readonly KeyStateNote[], { clients }: Setup): Promise<KeyStateNote[]> {
  const uses = await askLastUse(
    notes.filter(({ state }) => isPendingDeletion(state)),
    clients,
  );
  return notes.map((note) => ({ ...note, lastUse: uses.find(({ region }) => region === note.region) }));
}

/** A key that is pending deletion is told by its state, with the commands that save it. */
function isToldByState({ rule, region }: Finding, states: readonly KeyStateNote[]): boolean {
  const isOfState = rule === 'key-lost' || rule === 'replica-pending-deletion';
  return isOfState && states.some((note) => note.region === region && isPendingDeletion(note.state));
}

/** What is different, resource by resource: first what was changed outside, then what else apply would change. */
function describeDrift({ drift, resources }: PlanModel, primaryRegion: string): string[] {
  // What is only to be imported is in AWS, and not in the state.
  const held = resources.filter(({ importing }) => importing === undefined);
  if (recordedKeys({ drift, resources: held }).length === 0)
    return ['the state knows no key yet, and the configuration asks for one'];
  const outside = drift.map(({ address, action, attributes }) => {
    const names = attributes.map(({ name }) => name).join(', ');
    const what = action === 'delete' ? 'gone, or going to be' : `changed outside Terraform (${names})`;
    return `${nameOfAddress(address, primaryRegion)} ${what}`;
  });
  const told = new Set(drift.map(({ address }) => address));
  const asked = resources
    .filter(({ action, address }) => action !== 'no-op' && action !== 'read' && !told.has(address))
    .map(
      ({ address, action }) => `${nameOfAddress(address, primaryRegion)} not as the inputs say (${action})`,
    );
  return [...outside, ...asked];
}

/** One annotation for the keys that are going to be deleted, and one for those in another unusual state. */
function sayKeyStates(notes: readonly KeyStateNote[], { deps: { log } }: Run): void {
  const pending = notes.filter(({ state }) => isPendingDeletion(state));
  const others = notes.filter((note) => !pending.includes(note));
  if (others.length > 0) {
    const states = others.map(({ region, keyId, state }) => `The key ${keyId} in ${region} is ${state}.`);
    log.warning(states.join(' '), { title: 'state of a key' });
  }
  if (pending.length === 0) return;
  const sentences = pending.map(({ region, keyId, state, deletionDate }) => {
    const when = deletionDate === undefined ? '' : ` on ${deletionDate}`;
    return `The key ${keyId} in ${region} is going to be deleted${when} (${state}), and cannot be used any more.`;
  });
  const commands = pending.map(({ region, keyId }) => cancelDeletionCommands(region, keyId)?.join(' && '));
  const save = commands.includes(undefined)
    ? 'cancel the deletion in the KMS console, then enable the key'
    : commands.join(' && ');
  log.error(`${sentences.join(' ')} To save it: ${save}`, {
    title: 'a key is going to be deleted',
  });
}

/** Where the primary is now, when the refresh ended because it is not where the state has it. */
async function explainMove(run: Run, { terraform, clients }: Setup): Promise<Explanation> {
  const unread = explained('Nothing was changed by this run.');
  const shown = await terraform.showState().catch(unread);
  const keys = recordedKeysOf(readState(shown, run.inputs.primaryRegion));
  const lookups = await lookUpKeys(keys, clients);
  const before = keys.find(({ role }) => role === 'primary');
  const now = lookups.find(({ lookup }) => lookup.is === 'found' && lookup.key.role === 'PRIMARY');
  const done =
    'Nothing was changed by this run. Until it is settled, Terraform can neither plan nor apply: it looks for the primary where it was.';
  if (before === undefined || now === undefined || now.region === before.region) {
    return {
      what: 'A key has another role in AWS than in the state: the primary was moved, or primary-region was changed.',
      done,
      next: 'Compare `primary-region` with the Region of the primary key in AWS. A primary is moved with `move-primary: true`.',
    };
  }
  return {
    what: `The primary key was moved outside Terraform: the state has it in ${before.region}, and in AWS it is in ${now.region} now.`,
    done,
    next: `To let the state follow: \`primary-region: ${now.region}\`, with ${before.region} among \`replica-regions\` and \`move-primary: true\`, and \`apply\`. To move it back: ${moveBack(before, now.region)}`,
  };
}

/** KMS is asked in the Region that has the primary now (API reference, UpdatePrimaryRegion). */
function moveBack({ keyId, region }: RecordedKey, from: string): string {
  return `\`aws kms update-primary-region --region ${from} --key-id ${keyId} --primary-region ${region}\`.`;
}
