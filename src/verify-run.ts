import type { AwsSession } from './aws/credentials.js';
import { verifyKeys, type VerifiedKey } from './aws/verify.js';
import { ActionError } from './errors.js';
import type { Inputs } from './inputs/inputs.js';
import { canonicalJson, canonicalPolicy } from './plan/canonical.js';
import type { PlanModel } from './plan/types.js';
import type { KeyResult } from './report/types.js';

export interface VerifyRunRequest {
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
export async function verifyRun({
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

export function isVerified(rows: readonly VerifiedKey[]): boolean {
  return rows.every(({ checks }) => checks.every(({ ok }) => ok));
}

/** @throws ActionError that names each check that failed */
export function assertVerified(rows: readonly VerifiedKey[]): void {
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
