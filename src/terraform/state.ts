import { z } from 'zod';
import { ActionError } from '../errors.js';
import type { Outputs } from '../outputs.js';
import { kindOfType } from '../plan/model.js';
import { regionOfSide } from '../plan/region.js';
import type { ResourceKind } from '../plan/types.js';
import { placeOfAddress } from './addresses.js';
import { outputValues } from './events.js';

/** A managed resource that the state holds. */
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
  /** In the state's order, without what was replaced and is still to be deleted. */
  readonly resources: readonly StateResource[];
  /** The root outputs. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** The key in one Region as the state has it. */
export interface RecordedKey {
  readonly region: string;
  readonly role: 'primary' | 'replica';
  readonly arn: string;
  readonly keyId: string;
  /** With `alias/`; undefined where the state knows none. */
  readonly alias: string | undefined;
  /** JSON. */
  readonly policy: string | undefined;
}

interface RawModule {
  resources?: RawResource[] | undefined;
  child_modules?: RawModule[] | undefined;
}

const resource = z.object({
  address: z.string(),
  tainted: z.boolean().default(false),
  mode: z.string(),
  type: z.string(),
  values: z.record(z.string(), z.unknown()).default({}),
  deposed_key: z.string().optional(),
});
type RawResource = z.infer<typeof resource>;
const stateModule: z.ZodType<RawModule> = z.lazy(() =>
  z.object({ resources: z.array(resource).optional(), child_modules: z.array(stateModule).optional() }),
);
/** Terraform's documentation, "JSON Output Format", state representation; `values` is missing from an empty state. */
const stateSchema = z.object({
  values: z
    .object({
      outputs: outputValues.default({}),
      root_module: stateModule.default({}),
    })
    .default({ outputs: {}, root_module: {} }),
});

/**
 * The state in our own words, whatever became of the apply that wrote it.
 * @param json what `terraform show -json` printed of the state, parsed
 * @param primaryRegion where the primary is; a key whose create failed does not say
 * @throws ActionError when it does not have the form of a state
 */
export function readState(json: unknown, primaryRegion: string): StateModel {
  const parsed = stateSchema.safeParse(json);
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.map(String).join('.') ?? 'its root';
    throw new ActionError({
      what: `The state that terraform show printed has an unexpected form at ${place}.`,
      done: 'Nothing was changed.',
      next: 'Use a Terraform version that this action was tested with, or report this with the version.',
    });
  }
  const { outputs, root_module: root } = parsed.data.values;
  const managed = resourcesOf(root).filter(
    ({ mode, deposed_key: deposed }) => mode === 'managed' && deposed === undefined,
  );
  return { resources: managed.map((raw) => describe(raw, primaryRegion)), outputs };
}

function resourcesOf({ resources = [], child_modules: children = [] }: RawModule): RawResource[] {
  return [...resources, ...children.flatMap(resourcesOf)];
}

function describe({ address, type, tainted, values }: RawResource, primaryRegion: string): StateResource {
  const region = regionOfSide(values) ?? placeOfAddress(address, primaryRegion)?.region;
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

/** The keys that the state knows to the full: the primary first, then the replicas by Region id. */
export function recordedKeysOf({ resources }: StateModel): RecordedKey[] {
  const aliases = new Map(
    resources
      .filter(({ kind }) => kind === 'alias')
      .map(({ region, values }) => [region, textOf(values['name'])]),
  );
  return resources.flatMap((found) => readKey(found, aliases)).sort(primaryFirst);
}

function readKey(
  { kind: role, region, values }: StateResource,
  aliases: ReadonlyMap<string | undefined, string | undefined>,
): RecordedKey[] {
  const [arn, keyId] = [textOf(values['arn']), textOf(values['key_id'])];
  if ((role !== 'primary' && role !== 'replica') || region === undefined) return [];
  if (arn === undefined || keyId === undefined) return [];
  return [{ region, role, arn, keyId, alias: aliases.get(region), policy: textOf(values['policy']) }];
}

function primaryFirst(a: RecordedKey, b: RecordedKey): number {
  if (a.role !== b.role) return a.role === 'primary' ? -1 : 1;
  return a.region < b.region ? -1 : 1;
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

/** What a provider has written, where it is a text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
