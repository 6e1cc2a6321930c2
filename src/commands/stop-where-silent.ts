import { verifyKeys } from '../aws/verify.js';
import { isSamePolicy } from '../plan/canonical.js';
import type { Reporting, Run } from '../run.js';
import type { Setup } from './setup/set-up.js';
import { explainSilence } from './setup/silence.js';
import { failedChecks, readRecorded } from './verify.js';
import type { RecordedKey } from '../terraform/state.js';
import { joinWords } from '../phrases.js';

/**
 * Ends a run that would need an answer of every Region, where some give none: says which ones, and how the keys in the others
 * are, as far as the state and KMS tell.
 * @throws ActionError unless every Region answers
 */
export async function* stopWhereSilent(run: Run, setup: Setup): Reporting {
  if (setup.silent.length > 0) throw explainSilence(setup.silent, yield* describeOthers(run, setup));
}

/** In whole sentences; empty where nothing is known of them. */
async function* describeOthers(run: Run, { silent, ...setup }: Setup): Reporting<string> {
  const keys = yield* readIfPossible(run, setup);
  if (keys.length === 0) return '';
  const verification = await verifyKeys({
    keys,
    mode: 'describe',
    clients: setup.clients,
    samePolicy: isSamePolicy,
    silent,
  });
  yield { report: { verification } };
  const others = verification.filter(({ region }) => !silent.some((each) => each.region === region));
  if (others.length === 0) return '';
  const failed = others.flatMap(failedChecks);
  const where = joinWords(others.map(({ region }) => region));
  return failed.length === 0
    ? `In ${where} the key is as the state has it.`
    : `Of the others, some checks failed: ${failed.join('; ')}.`;
}

/** Where the state gives no answer, either, nothing is known of the others. */
async function* readIfPossible(run: Run, setup: Pick<Setup, 'terraform'>): Reporting<readonly RecordedKey[]> {
  try {
    return yield* readRecorded(run, setup);
  } catch {
    return [];
  }
}
