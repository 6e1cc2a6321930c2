import { askLastUse } from '../../aws/last-usage.js';
import { keysThatGo } from '../../plan/last-use.js';
import type { Run } from '../../run.js';
import type { Setup } from '../setup/set-up.js';
import type { MadePlan } from './make-plan.js';
import { judgeUse } from '../../guard/last-use.js';

/**
 * Asks, for every key that the plan deletes, when it was last used, for the report and, with `require-unused-days`, for
 * the guard. Asks nothing for a plan that deletes no key. What KMS does not say is told; it stops only a plan whose keys
 * have to be unused.
 * @returns the plan, with what KMS said, and what follows from it before the other findings
 */
export async function withLastUse(
  { deps, inputs }: Run,
  { clients }: Pick<Setup, 'clients'>,
  made: MadePlan,
): Promise<MadePlan> {
  const { reported } = made;
  const places = keysThatGo(reported.model);
  if (places.length === 0) return made;
  const lastUse = await askLastUse(places, clients);
  const rule = { days: inputs.requireUnusedDays, now: deps.clock.now() };
  const findings = [...judgeUse(lastUse, rule), ...reported.findings];
  return { ...made, reported: { ...reported, findings, lastUse } };
}
