import type { WaitedKey } from '../aws/key-wait.js';
import type { TerraformError } from './run.js';
import { isKeyResource, type StateModel, type StateResource } from './state.js';
import { nameOfAddress } from './addresses.js';

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
  const tainted = findTainted(state);
  const waitsForAll = /\bKMSInvalidState(Exception)?\b/.test(failure.text);
  const keys = (waitsForAll ? state.resources : tainted).filter(isKeyResource);
  if (tainted.length === 0 && keys.length === 0) return undefined;
  return {
    untaint: tainted.map(({ address }) => address),
    waitFor: keys.flatMap((key) => waitedKey(key, primaryRegion) ?? []),
  };
}

/** Keys and aliases of ours that the next plan would replace although nothing else asks for it. */
function findTainted({ resources }: StateModel): StateResource[] {
  return resources.filter(({ tainted, kind }) => tainted && kind !== 'other');
}

function waitedKey(
  { address, region, id }: Pick<StateResource, 'address' | 'region' | 'id'>,
  primaryRegion: string,
): WaitedKey | undefined {
  if (region === undefined || id === undefined) return undefined;
  return { region, id, name: nameOfAddress(address, primaryRegion) };
}
