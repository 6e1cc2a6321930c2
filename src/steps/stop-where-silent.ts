import { verifyKeys } from '../aws/verify.js';
import { isSamePolicy } from '../plan/canonical.js';
import { joinWords } from '../plan/guard/words.js';
import { learn, type Run } from '../run.js';
import type { Ready } from './ready/make-ready.js';
import { explainSilence } from './ready/silence.js';
import { failedChecks, readRecorded } from './verify.js';

/**
 * Ends a run that would need an answer of every Region, where some give none: says which ones, and how the keys in the others
 * are, as far as the state and KMS tell.
 * @throws ActionError unless every Region answers
 */
export async function stopWhereSilent(run: Run, ready: Ready): Promise<void> {
  if (ready.silent.length > 0) throw explainSilence(ready.silent, await describeOthers(run, ready));
}

/** In whole sentences; empty where nothing is known of them. */
async function describeOthers(run: Run, { silent, ...ready }: Ready): Promise<string> {
  const keys = await readRecorded(run, ready).catch(() => []);
  if (keys.length === 0) return '';
  const verification = await verifyKeys({
    keys,
    mode: 'describe',
    session: ready.session,
    samePolicy: isSamePolicy,
    silent,
  });
  learn(run, {}, { verification });
  const others = verification.filter(({ region }) => !silent.some((each) => each.region === region));
  if (others.length === 0) return '';
  const failed = others.flatMap(failedChecks);
  const where = joinWords(others.map(({ region }) => region));
  return failed.length === 0
    ? `In ${where} the key is as the state has it.`
    : `Of the others, some checks failed: ${failed.join('; ')}.`;
}
