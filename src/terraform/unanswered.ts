import type { PlanModel } from '../plan/types.js';
import type { TerraformError } from './run.js';
import { isKeyResource, type StateModel } from './state.js';

/** A creation which KMS says was done already: perhaps by this apply's first attempt, whose answer got lost. */
export interface UnansweredCreate {
  readonly address: string;
  readonly kind: 'replica' | 'alias';
  readonly region: string;
  /** Of the primary that the state has, and so of each of its replicas. */
  readonly keyId: string;
  readonly primaryArn: string;
}

/**
 * The creations of a failed apply which KMS refused because what they were to create exists, as far as it may be what the
 * apply itself has made: the SDK sends a call again whose answer it did not get. A primary is never among them, since
 * CreateKey makes another key each time.
 * @param failure Terraform names the resource that each error is about
 * @param planned what was to be applied
 */
export function findUnanswered(
  failure: Pick<TerraformError, 'diagnostics'>,
  { resources }: StateModel,
  planned: Pick<PlanModel, 'resources'>,
): UnansweredCreate[] {
  const primary = resources.find(({ kind }) => kind === 'primary');
  const [keyId, primaryArn] = [primary?.id, primary?.values['arn']];
  if (keyId === undefined || typeof primaryArn !== 'string') return [];
  const refused = failure.diagnostics.filter(({ summary, detail }) =>
    /\bAlreadyExistsException\b/.test(`${summary}\n${detail}`),
  );
  return planned.resources.flatMap(({ address, action, kind, region }) => {
    if (action !== 'create' || region === undefined || (kind !== 'replica' && kind !== 'alias')) return [];
    if (!refused.some((each) => each.address === address)) return [];
    const isRecorded = resources.some((each) => each.address === address);
    const hasKey = resources.some(
      (each) => isKeyResource(each) && each.region === region && each.id === keyId,
    );
    if (isRecorded || (kind === 'alias') !== hasKey) return [];
    return [{ address, kind, region, keyId, primaryArn }];
  });
}
