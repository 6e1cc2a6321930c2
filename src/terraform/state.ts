import { z } from 'zod';
import { ActionError } from '../errors.js';
import { kindOfType } from '../plan/model.js';
import { regionOfSide } from '../plan/region.js';
import { outputValues } from './run.js';

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

export interface RecordedState {
  /** The primary first, then the replicas by Region id. */
  readonly keys: readonly RecordedKey[];
  /** The root outputs. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

interface StateModule {
  resources?: ManagedResource[] | undefined;
  child_modules?: StateModule[] | undefined;
}

const resource = z.object({
  address: z.string(),
  /** Terraform's mark of a create that did not end well: without more ado, the next plan replaces it. */
  tainted: z.boolean().default(false),
  mode: z.string(),
  type: z.string(),
  values: z.record(z.string(), z.unknown()).default({}),
  deposed_key: z.string().optional(),
});
const stateModule: z.ZodType<StateModule> = z.lazy(() =>
  z.object({ resources: z.array(resource).optional(), child_modules: z.array(stateModule).optional() }),
);
/** Terraform's documentation, "JSON Output Format", state representation; `values` is missing from an empty state. */
const stateSchema = z.object({
  values: z
    .object({
      outputs: z.record(z.string(), z.object({ value: z.unknown().optional() })).default({}),
      root_module: stateModule.default({}),
    })
    .default({ outputs: {}, root_module: {} }),
});

export type ManagedResource = z.infer<typeof resource>;

/**
 * The keys that a state knows.
 * @param json what `terraform show -json` printed of the state, parsed
 * @throws ActionError when it does not have the form of a state
 */
export function readState(json: unknown): RecordedState {
  const { outputs, resources } = readResources(json);
  const aliases = new Map(
    resources
      .filter(({ type }) => kindOfType(type) === 'alias')
      .map(({ values }) => [regionOfSide(values), textOf(values['name'])]),
  );
  const keys = resources.flatMap((found) => readKey(found, aliases)).sort(primaryFirst);
  return { keys, outputs: outputValues(outputs) };
}

/**
 * The managed resources of a state, in its order, and its root outputs.
 * @param json what `terraform show -json` printed of the state, parsed
 * @throws ActionError when it does not have the form of a state
 */
export function readResources(json: unknown): {
  readonly resources: readonly ManagedResource[];
  readonly outputs: z.infer<typeof stateSchema>['values']['outputs'];
} {
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
  const resources = resourcesOf(root).filter(
    ({ mode, deposed_key: deposed }) => mode === 'managed' && deposed === undefined,
  );
  return { resources, outputs };
}

function resourcesOf({ resources = [], child_modules: children = [] }: StateModule): ManagedResource[] {
  return [...resources, ...children.flatMap(resourcesOf)];
}

function readKey(
  { type, values }: ManagedResource,
  aliases: ReadonlyMap<string | undefined, string | undefined>,
): RecordedKey[] {
  const role = kindOfType(type);
  const [region, arn, keyId] = [regionOfSide(values), textOf(values['arn']), textOf(values['key_id'])];
  if ((role !== 'primary' && role !== 'replica') || region === undefined) return [];
  if (arn === undefined || keyId === undefined) return [];
  return [{ region, role, arn, keyId, alias: aliases.get(region), policy: textOf(values['policy']) }];
}

function primaryFirst(a: RecordedKey, b: RecordedKey): number {
  if (a.role !== b.role) return a.role === 'primary' ? -1 : 1;
  return a.region < b.region ? -1 : 1;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
