import { applySavedPlan } from './apply.js';
import { assertApproved, checkApproval } from './approve.js';
import type { Deps } from './deps.js';
import { makePlan } from './make-plan.js';
import { makeReady } from './make-ready.js';
import { assertGuarded } from './plan/guard.js';
import { refuse, reportOf } from './refusal.js';
import { learn, publish, setOutputs, startRun, type Run } from './run.js';
import { proveKeys } from './verify-run.js';

/**
 * The whole way of one run, from the inputs to the outputs. The outputs that are known are set however it ends.
 * @throws ActionError for every refusal and every failure that can be explained
 */
export async function run(deps: Deps): Promise<void> {
  const started = await startRun(deps);
  try {
    await planAndApply(started);
  } catch (thrown) {
    await publish(started, reportOf(thrown));
    throw thrown;
  } finally {
    setOutputs(started);
  }
}

/** `plan`, and as far as it is approved `apply` and `destroy`. */
async function planAndApply(run: Run): Promise<void> {
  const { inputs } = run;
  // 1. The tools, the credentials and the configuration
  const ready = await makeReady(run);
  // 2. The plan, and what the guard says of it
  const { reported, outputs } = await makePlan({ ...run, ...ready });
  learn(run, outputs, { plan: reported });
  refuse(() => {
    assertGuarded(reported.findings);
  });
  if (inputs.command === 'plan' || !reported.model.hasChanges) {
    await publish(run, { outcome: reported.model.hasChanges ? 'planned' : 'no-changes' });
    return;
  }
  // 3. The approval, and then exactly that plan
  const approval = await checkApproval({ ...run, plan: reported });
  learn(run, {}, { approval });
  refuse(() => {
    assertApproved(approval, run.deps.log);
  });
  await ready.session.refreshIfShort();
  learn(run, await applySavedPlan(inputs, ready.terraform));
  // 4. The proof that the keys are what was planned
  await proveKeys(run, ready.session, reported.model);
  await publish(run, { outcome: 'applied' });
}
