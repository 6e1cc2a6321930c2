import type { WaitedKey } from '../aws/key-wait.js';
import type { PlanModel } from '../plan/types.js';
import { nameOfAddress } from './addresses.js';
import type { TerraformError } from './run.js';
import { isKeyResource, type StateModel } from './state.js';

/** What has to happen before a failed apply can be resumed. */
export interface ResumeSteps {
  /** Addresses to untaint, so that the next plan keeps what is there. */
  readonly untaint: readonly string[];
  /** Keys that must be out of every passing state first. */
  readonly waitFor: readonly WaitedKey[];
}

/**
 * How an apply that failed can be resumed; undefined when waiting mends nothing.
 *
 * A create that failed after the key was made leaves it tainted: the key lives, and the next plan would delete
 * it. The provider gives up on a replica after two minutes, where AWS may take ten (terraform-provider-aws, issue 49915).
 * KMS refuses some changes while any key of the family is in a passing state.
 */
export function findResumeSteps(
  failure: Pick<TerraformError, 'text'>,
  state: StateModel,
  primaryRegion: string,
): ResumeSteps | undefined {
  // Keys and aliases of ours that the next plan would replace although nothing else asks for it.
  const tainted = state.resources.filter((each) => each.tainted && each.kind !== 'other');
  const waitsForAll = /\bKMSInvalidState(Exception)?\b/.test(failure.text);
  const keys = (waitsForAll ? state.resources : tainted).filter(isKeyResource);
  if (tainted.length === 0 && keys.length === 0) return undefined;
  return {
    untaint: tainted.map(({ address }) => address),
    waitFor: keys.flatMap(({ address, region, id }) =>
      region === undefined || id === undefined
        ? []
        : [{ region, id, name: nameOfAddress(address, primaryRegion) }],
    ),
  };
}

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
