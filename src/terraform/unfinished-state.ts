import type { Outputs } from '../outputs.js';
import { kindOfType } from '../plan/model.js';
import type { ResourceKind } from '../plan/types.js';
import { placeOfAddress } from './progress.js';
import { readResources, type ManagedResource } from './state.js';

/** A resource that the state holds. */
export interface StateResource {
  readonly address: string;
  readonly kind: ResourceKind;
  /** Undefined only for kind `other`. */
  readonly region: string | undefined;
  /** Terraform's mark of a create that did not end well: without more ado, the next plan replaces it. */
  readonly tainted: boolean;
  readonly id: string | undefined;
  /** What the provider has written of it; a key whose create failed has no `arn` yet. */
  readonly values: Readonly<Record<string, unknown>>;
}

export interface StateModel {
  /** Every managed resource, in the state's order. */
  readonly resources: readonly StateResource[];
}

/**
 * The state in our own words, whatever became of the apply that wrote it.
 * @param json what `terraform show -json` printed of the state
 * @throws ActionError or SyntaxError when it is not that
 */
export function readUnfinishedState(json: string, primaryRegion: string): StateModel {
  return { resources: readResources(JSON.parse(json)).resources.map((raw) => describe(raw, primaryRegion)) };
}

function describe({ address, type, tainted, values }: ManagedResource, primaryRegion: string): StateResource {
  const region = placeOfAddress(address, primaryRegion)?.region;
  return {
    address,
    kind: region === undefined ? 'other' : kindOfType(type),
    region,
    tainted,
    id: textOf(values['id']),
    values,
  };
}

export function isKeyResource({ kind }: Pick<StateResource, 'kind'>): boolean {
  return kind === 'primary' || kind === 'replica';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * What is known of the keys from the state alone, for a run that failed on its way: Terraform writes root outputs only
 * of what was done to the end.
 */
export function outputsOfState({ resources }: StateModel): Outputs {
  const primary = resources.find(({ kind }) => kind === 'primary');
  const primaryArn = textOf(primary?.values['arn']);
  const arns = (which: (resource: StateResource) => boolean): Record<string, string> =>
    Object.fromEntries(
      resources.filter(which).flatMap((each) => {
        const arn = arnOf(each, primaryArn);
        return each.region === undefined || arn === undefined ? [] : [[each.region, arn]];
      }),
    );
  if (primary?.id === undefined) return {};
  return {
    ...(primaryArn === undefined ? {} : { 'primary-key-arn': primaryArn }),
    'key-id': primary.id,
    'key-arns': arns(isKeyResource),
    'replica-key-arns': arns(({ kind }) => kind === 'replica'),
    'alias-arns': arns(({ kind }) => kind === 'alias'),
  };
}

/** A replica's ARN is its primary's in another Region; so it is known before the provider has asked for it. */
function arnOf({ kind, region, values }: StateResource, primaryArn: string | undefined): string | undefined {
  const own = textOf(values['arn']);
  if (own !== undefined || kind !== 'replica' || region === undefined) return own;
  return (textOf(values['primary_key_arn']) ?? primaryArn)?.replace(/:kms:[^:]*:/, `:kms:${region}:`);
}
