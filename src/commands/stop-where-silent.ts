import { verifyKeys } from '../aws/verify.js';
import { isSamePolicy } from '../plan/canonical.js';
import { addToReport, type Run } from '../run.js';
import type { Setup } from './setup/set-up.js';
import { explainSilence } from './setup/silence.js';
import { failedChecks, readRecorded } from './verify.js';
import { joinWords } from '../phrases.js';

/**
 * Ends a run that would need an answer of every Region, where some give none: says which ones, and how the keys in the others
 * are, as far as the state and KMS tell.
 * @throws ActionError unless every Region answers
 */
export async function stopWhereSilent(run: Run, setup: Setup): Promise<void> {
  if (setup.silent.length > 0) throw explainSilence(setup.silent, await describeOthers(run, setup));
}

/** In whole sentences; empty where nothing is known of them. */
async function describeOthers(run: Run, { silent, ...setup }: Setup): Promise<string> {
  const keys = await readRecorded(run, setup).catch(() => []);
  if (keys.length === 0) return '';
  const verification = await verifyKeys({
    keys,
    mode: 'describe',
    clients: setup.clients,
    samePolicy: isSamePolicy,
    silent,
  });
  addToReport(run, { verification });
  const others = verification.filter(({ region }) => !silent.some((each) => each.region === region));
  if (others.length === 0) return '';
  const failed = others.flatMap(failedChecks);
  const where = joinWords(others.map(({ region }) => region));
  return failed.length === 0
    ? `In ${where} the key is as the state has it.`
    : `Of the others, some checks failed: ${failed.join('; ')}.`;
}
