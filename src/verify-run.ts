import type { AwsSession } from './aws/credentials.js';
import { verifyKeys, type VerifiedKey } from './aws/verify.js';
import { ActionError } from './errors.js';
import type { Inputs } from './inputs/inputs.js';
import { canonicalJson, canonicalPolicy } from './plan/canonical.js';
import type { PlanModel } from './plan/types.js';
import { keyResults } from './publish.js';
import type { KeyResult } from './report/types.js';
import { knownOutputs, learn, type Run } from './run.js';

/**
 * The proof that the keys are what was planned. Whatever it finds is kept for the report and the outputs.
 * @throws ActionError when a check failed
 */
export async function proveKeys(run: Run, session: AwsSession, model: PlanModel): Promise<void> {
  const { inputs } = run;
  const keys = keyResults(knownOutputs(run), inputs.primaryRegion);
  const verification = await verifyRun({ inputs, session, keys, model });
  learn(run, {}, { keys, verification });
  if (verification === undefined) return;
  learn(run, { verified: isVerified(verification) });
  assertVerified(verification);
}

interface VerifyRunRequest {
  readonly inputs: Inputs;
  readonly session: AwsSession;
  readonly keys: readonly KeyResult[];
  /** The plan that was applied: it knows the policies. */
  readonly model: PlanModel;
}

/**
 * The proof after apply, as deep as the `verify` input wants it.
 * @returns a row per Region; undefined when it is off, or when there is no key left to verify
 */
async function verifyRun({
  inputs,
  session,
  keys,
  model,
}: VerifyRunRequest): Promise<VerifiedKey[] | undefined> {
  if (inputs.verify === 'off' || keys.length === 0) return undefined;
  return verifyKeys({
    keys: keys.map(({ region, role, keyArn }) => ({
      region,
      role,
      arn: keyArn,
      alias: `alias/${inputs.alias}`,
      policy: plannedPolicy(model, region),
    })),
    keyUsage: inputs.keyUsage,
    mode: inputs.verify,
    session,
    samePolicy: (a, b) => canonicalJson(canonicalPolicy(a)) === canonicalJson(canonicalPolicy(b)),
  });
}

function plannedPolicy({ resources }: PlanModel, region: string): string | undefined {
  const key = resources.find(
    (change) => change.region === region && (change.kind === 'primary' || change.kind === 'replica'),
  );
  const policy = key?.after?.['policy'];
  return typeof policy === 'string' ? policy : undefined;
}

function isVerified(rows: readonly VerifiedKey[]): boolean {
  return rows.every(({ checks }) => checks.every(({ ok }) => ok));
}

/** @throws ActionError that names each check that failed */
function assertVerified(rows: readonly VerifiedKey[]): void {
  const failed = rows.flatMap(({ region, checks }) =>
    checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${region}: ${name} (${detail ?? 'failed'})`),
  );
  if (failed.length === 0) return;
  throw new ActionError({
    what: `The keys are not all as planned. ${failed.join('; ')}.`,
    done: 'The plan was applied, and the state knows the keys.',
    next: 'Look at these keys in AWS, then run the job again.',
  });
}
