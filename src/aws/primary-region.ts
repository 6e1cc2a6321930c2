import { ActionError, messageOf } from '../errors.js';
import { adviseOnRefusals } from '../facts/denial.js';
import { isDenied, type KmsClients } from './kms-clients.js';
import { lookUntil, UNSEEN_MS, type WaitOptions } from './key-wait.js';
import { lookUpKey, mayPass } from './key-lookup.js';
import { sayCancelDeletion } from '../facts/cancel-deletion.js';
import { type FoundKey, isPendingDeletion, type KeyLookup } from '../facts/kms-answers.js';

/** A key whose primary is to be in another Region. */
export interface Promotion {
  /** The id that the keys share. */
  readonly keyId: string;
  readonly from: string;
  readonly to: string;
  /** The Regions of its other replicas. */
  readonly others: readonly string[];
}

type End = 'before' | 'done';

/** How far AWS has come: not begun; under way, which passes by itself; or at its end. */
type Progress = End | 'under-way';

/**
 * Asks KMS in every Region of the key how far a move has come, and waits as long as one is under way, in whichever direction.
 * Moves nothing.
 * @throws ActionError when an end is not there, is going to be deleted or does not say, when the primary is in a third Region,
 * or when the time is up
 */
export async function awaitPromotion(
  move: Promotion,
  clients: KmsClients,
  options: WaitOptions,
): Promise<End> {
  const progress = await ask(move, clients);
  return progress === 'under-way' ? awaitSettled(move, clients, options) : progress;
}

/**
 * Moves the primary as far as AWS has not moved it yet, and waits until every key shows it. Whatever became of a call without
 * an answer, or of one that was refused because it was made before, AWS is asked for.
 * @throws ActionError when the move is refused, or does not come to its end in time; running again goes on from there
 */
export async function promote(move: Promotion, clients: KmsClients, options: WaitOptions): Promise<void> {
  const { from, to } = move;
  if ((await awaitPromotion(move, clients, options)) === 'done') {
    options.say(`AWS has the primary in ${to} already`);
    return;
  }
  options.signal.throwIfAborted();
  options.say(`primary key: moving from ${from} to ${to}`);
  const doubt = await update(move, clients);
  const end = await awaitSettled(move, clients, options).catch((thrown: unknown) => {
    throw options.signal.aborted ? explainGivenUp(move, thrown) : thrown;
  });
  if (end === 'before') {
    throw doubt === undefined ? explainUndone(move) : explainRefusal(move, doubt);
  }
  options.say(`primary key: in ${to}, and both keys are ready`);
}

/**
 * Waits until the move is done, or until AWS has shown for a minute that the primary is where it was: not every Region knows
 * at once of a move that has begun or ended.
 */
async function awaitSettled(move: Promotion, clients: KmsClients, options: WaitOptions): Promise<End> {
  let beforeSince: number | undefined;
  return lookUntil<End>(
    async (waitedMs) => {
      const isTimeUp = waitedMs >= options.timeoutMs;
      const progress = await ask(move, clients, { isPatient: !isTimeUp });
      if (progress === 'done') return { end: 'done' };
      beforeSince = progress === 'before' ? (beforeSince ?? waitedMs) : undefined;
      if (beforeSince !== undefined && (isTimeUp || waitedMs - beforeSince >= UNSEEN_MS))
        return { end: 'before' };
      if (isTimeUp) throw explainTimeUp(move, waitedMs);
      return { waiting: `Waiting for AWS to move the primary, ${Math.round(waitedMs / 1000)} s` };
    },
    options,
    { pollMs: 1_000, quietMs: 10_000 },
  );
}

/** @param isPatient whether a Region that gives no answer, as far as that passes, counts as one that is at work */
async function ask(move: Promotion, clients: KmsClients, { isPatient = false } = {}): Promise<Progress> {
  const look = (region: string): Promise<KeyLookup> => lookUpKey(clients, region, move.keyId);
  const [ends, others] = await Promise.all([
    Promise.all([move.from, move.to].map(async (region) => ({ region, lookup: await look(region) }))),
    Promise.all(move.others.map(look)),
  ]);
  const [from, to] = ends
    .filter(({ lookup }) => !(isPatient && lookup.is === 'unknown' && lookup.mayPass))
    .map(({ region, lookup }) => keyIn(region, lookup, move));
  if (from === undefined || to === undefined) return 'under-way';
  const found = others.flatMap((lookup) => (lookup.is === 'found' ? lookup.key : []));
  return progressOf(move, from, to, found);
}

/** `UpdatePrimaryRegion` (API reference): both keys are `Updating`, and for a moment both may show as replicas. */
function progressOf(move: Promotion, from: FoundKey, to: FoundKey, others: readonly FoundKey[]): Progress {
  const named = to.primaryArn ?? from.primaryArn;
  const place = regionOf(named);
  if ([from, to].some(({ state }) => state === 'Updating')) return 'under-way';
  if (to.role === 'PRIMARY') {
    const isSeen =
      from.role !== 'PRIMARY' &&
      others.every(({ primaryArn }) => (regionOf(primaryArn) ?? move.to) === move.to);
    return isSeen ? 'done' : 'under-way';
  }
  if (from.role === 'PRIMARY') return 'before';
  if (place === move.from || place === move.to) return 'under-way';
  throw new ActionError({
    what: `The primary of ${move.keyId} is neither in ${move.from} nor in ${move.to}: AWS has it at ${named ?? 'a place that it does not name'}.`,
    done: 'Nothing was moved.',
    next: `Set \`primary-region\` to the Region where it is, with \`move-primary: true\`, so that the state follows; then move it to ${move.to}.`,
  });
}

function regionOf(arn: string | undefined): string | undefined {
  return arn?.split(':')[3];
}

/** @throws ActionError where there is no key that can be an end of a move */
function keyIn(region: string, lookup: KeyLookup, { keyId, from, to }: Promotion): FoundKey {
  if (lookup.is === 'found') {
    if (!isPendingDeletion(lookup.key.state)) return lookup.key;
    throw explainEnd(
      `The key ${keyId} in ${region} is going to be deleted (${lookup.key.state})`,
      `A primary moves only between keys that stay. Save it: ${sayCancelDeletion(region, keyId)}; then run the job again.`,
    );
  }
  if (lookup.is === 'not-found') {
    throw explainEnd(
      `There is no key ${keyId} in ${region}`,
      region === to
        ? `First have a replica made there: \`primary-region: ${from}\`, with ${to} among \`replica-regions\`. Then move the primary in a plan of its own.`
        : `After the move the key in ${region} is a replica, so there has to be one: \`aws kms replicate-key --region ${to} --key-id ${keyId} --replica-region ${region}\`. Then run the job again.`,
    );
  }
  throw explainEnd(
    `KMS does not tell how the key ${keyId} in ${region} is: ${lookup.because}`,
    lookup.refused === undefined
      ? `A primary moves only while both Regions answer. Run the job again when ${region} does.`
      : adviseOnRefusals([lookup.refused]),
  );
}

function explainEnd(what: string, next: string): ActionError {
  return new ActionError({
    what: `${what}.`,
    done: 'Nothing was moved by this step, and the state is as it was.',
    next,
  });
}

/** KMS says so where an earlier attempt's call was taken: the key is `Updating`, or the primary no more. */
const AS_IF_DONE = /^(KMSInvalidState|UnsupportedOperation)/;

/**
 * Makes the call.
 * @returns its failure, where AWS may have taken the call all the same; undefined where it did
 * @throws ActionError when it was refused
 */
async function update(move: Promotion, clients: KmsClients): Promise<unknown> {
  const { keyId: KeyId, from, to } = move;
  try {
    await clients.in(from).send(new clients.kms.UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: to }));
    return undefined;
  } catch (thrown) {
    const name = thrown instanceof Error ? thrown.name : '';
    if (isDenied(thrown) || !(mayPass(thrown) || AS_IF_DONE.test(name))) throw explainRefusal(move, thrown);
    return thrown;
  }
}

function explainRefusal({ keyId, from, to }: Promotion, cause: unknown): ActionError {
  const name = cause instanceof Error && cause.name !== 'Error' ? `${cause.name}: ` : '';
  return new ActionError(
    {
      what: `AWS did not move the primary of ${keyId} from ${from} to ${to}: ${name}${messageOf(cause).replace(/\.$/, '')}.`,
      done: `The primary is still in ${from}, and nothing was changed.`,
      next: isDenied(cause)
        ? `kms:UpdatePrimaryRegion is asked for on the key in both Regions, and by both key policies. ${adviseOnRefusals([cause.refused])}`
        : 'Run the job again.',
    },
    { cause },
  );
}

function explainGivenUp({ from, to }: Promotion, cause: unknown): ActionError {
  return new ActionError(
    {
      what: 'The wait for AWS was given up.',
      done: `AWS was asked to move the primary to ${to}, and the state still has it in ${from}. Running the job again finds out from AWS how far the move came, and goes on from there.`,
      next: '',
    },
    { cause },
  );
}

function explainUndone({ keyId, from, to }: Promotion): ActionError {
  return new ActionError({
    what: `AWS took the call that moves the primary of ${keyId} from ${from} to ${to}, and a minute later it has the primary in ${from}: something else moved it back, most likely.`,
    done: 'The state has the primary there, too; no key was made, replaced or forgotten.',
    next: 'Look in CloudTrail who else calls UpdatePrimaryRegion, then run the job again.',
  });
}

function explainTimeUp({ from, to }: Promotion, waitedMs: number): ActionError {
  return new ActionError({
    what: `AWS is still moving the primary, between ${from} and ${to}, after ${Math.round(waitedMs / 60_000)} minutes.`,
    done: `The keys go on encrypting and decrypting; the state still has the primary in ${from}.`,
    next: 'Run the job again: it goes on from where AWS is. `replica-timeout-minutes` sets how long a run waits.',
  });
}
