import { z } from 'zod';
import { ActionError } from '../errors.js';

const attributes = z.record(z.string(), z.unknown()).nullable();

const change = z.looseObject({
  actions: z.array(z.string()).min(1),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  after_unknown: z.unknown().optional(),
  before_sensitive: z.unknown().optional(),
  after_sensitive: z.unknown().optional(),
  replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).optional(),
  importing: z.looseObject({ id: z.string().optional() }).nullish(),
});

const resourceChange = z.looseObject({
  address: z.string().min(1),
  previous_address: z.string().optional(),
  module_address: z.string().optional(),
  mode: z.string(),
  type: z.string().min(1),
  deposed: z.string().optional(),
  action_reason: z.string().optional(),
  change: change.extend({ before: attributes.default(null), after: attributes.default(null) }),
});

/** A module of the configuration, as far as it says which provider each resource has. */
const moduleConfiguration = z.object({
  resources: z
    .array(z.object({ address: z.string(), provider_config_key: z.string().optional() }))
    .optional(),
  get module_calls() {
    return z.record(z.string(), z.object({ module: moduleConfiguration.optional() })).optional();
  },
});

const providerConfiguration = z.object({
  expressions: z
    .object({ region: z.object({ constant_value: z.unknown().optional() }).optional() })
    .optional(),
});

const check = z.object({
  address: z.object({ to_display: z.string().optional() }).optional(),
  status: z.string(),
});

/**
 * What is used of `terraform show -json` of a saved plan, format version 1 (Terraform's documentation, "JSON Output
 * Format"). The objects that hold changes keep their unknown members, so that these can be named.
 */
const planSchema = z.looseObject({
  format_version: z.string(),
  terraform_version: z.string().default('unknown'),
  complete: z.boolean().optional(),
  errored: z.boolean().optional(),
  resource_changes: z.array(resourceChange).default([]),
  resource_drift: z.array(resourceChange).default([]),
  deferred_changes: z.array(z.unknown()).default([]),
  action_invocations: z.array(z.unknown()).default([]),
  deferred_action_invocations: z.array(z.unknown()).default([]),
  checks: z.array(check).default([]),
  output_changes: z.record(z.string(), change).default({}),
  planned_values: z
    .object({
      outputs: z
        .record(z.string(), z.object({ value: z.unknown().optional(), sensitive: z.boolean().optional() }))
        .default({}),
    })
    .default({ outputs: {} }),
  configuration: z
    .object({
      provider_config: z.record(z.string(), providerConfiguration).default({}),
      root_module: moduleConfiguration.default({}),
    })
    .default({ provider_config: {}, root_module: {} }),
});

export type ModuleConfiguration = z.infer<typeof moduleConfiguration>;
export type RawPlan = z.infer<typeof planSchema>;
export type RawResourceChange = z.infer<typeof resourceChange>;

/**
 * A plan's JSON with the form that the model needs.
 * @throws ActionError that names the first member that is missing or of another type; values are not in it
 */
export function parsePlan(json: unknown): RawPlan {
  const parsed = planSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place =
    issue === undefined || issue.path.length === 0 ? 'its root' : issue.path.map(String).join('.');
  throw new ActionError({
    what: `The plan that terraform show printed has an unexpected form at ${place}: ${issue?.message ?? 'invalid'}.`,
    done: 'Nothing was changed.',
    next: 'Use a Terraform version that this action was tested with, or report this with the version.',
  });
}

/** What Terraform can mean to do with one object, as its plan format writes it. */
const ACTIONS: ReadonlySet<string> = new Set([
  'no-op',
  'create',
  'read',
  'update',
  'delete',
  'forget',
  'delete,create',
  'create,delete',
]);

/** The reading of a data source; dropping one from the state (older versions of Terraform) changes nothing either. */
const DATA_ACTIONS: ReadonlySet<string> = new Set(['no-op', 'read', 'delete']);

/** Everything in a plan that could touch a key in a way that the model can't tell, in words that follow "contains". */
export function findUnsupported(plan: RawPlan): string[] {
  const failed = plan.checks.filter(({ status }) => status === 'fail' || status === 'error');
  const sections = {
    deferred_changes: plan.deferred_changes.length,
    action_invocations: plan.action_invocations.length,
    deferred_action_invocations: plan.deferred_action_invocations.length,
  };
  return [
    ...(/^1(\.|$)/.test(plan.format_version) ? [] : [`the plan format ${plan.format_version}`]),
    ...(plan.errored === true ? ['an error that ended planning before it was complete'] : []),
    ...(plan.complete === false && plan.errored !== true ? ['changes that are left for a later run'] : []),
    ...Object.entries(sections).flatMap(([name, count]) => (count > 0 ? [`${count} ${name}`] : [])),
    ...failed.map(
      ({ address, status }) => `a check with the status ${status}: ${address?.to_display ?? '?'}`,
    ),
    ...plan.resource_changes.flatMap(findStrangeChange),
    ...plan.resource_drift.flatMap(findStrangeChange),
    ...Object.entries(plan.output_changes).flatMap(([name, { actions }]) =>
      ACTIONS.has(actions.join()) ? [] : [`the action ${actions.join()} on the output ${name}`],
    ),
  ];
}

function findStrangeChange({ address, mode, change: { actions } }: RawResourceChange): string[] {
  if (mode !== 'managed' && mode !== 'data') return [`a resource of the mode ${mode}: ${address}`];
  const known = mode === 'data' ? DATA_ACTIONS : ACTIONS;
  return known.has(actions.join()) ? [] : [`the action ${actions.join()} on ${address}`];
}

const PLAN_MEMBERS: ReadonlySet<string> = new Set([
  ...Object.keys(planSchema.shape),
  ...['variables', 'prior_state', 'proposed_unknown', 'relevant_attributes', 'timestamp', 'applyable'],
]);

const RESOURCE_MEMBERS: ReadonlySet<string> = new Set([
  ...Object.keys(resourceChange.shape),
  ...['name', 'index', 'provider_name'],
]);

const CHANGE_MEMBERS: ReadonlySet<string> = new Set([
  ...Object.keys(change.shape),
  ...['generated_config', 'before_identity', 'after_identity'],
]);

/**
 * Members that this reader has never heard of. The format promises that a new minor version only adds what may be
 * ignored (Terraform's documentation, "JSON Output Format"), so these are worth a word and no stop.
 */
export function findUnknownFields(plan: RawPlan): string[] {
  const strange = (value: object, known: ReadonlySet<string>, of: string): string[] =>
    Object.keys(value)
      .filter((name) => !known.has(name))
      .map((name) => `${of}${name}`);
  const resources = [...plan.resource_changes, ...plan.resource_drift];
  return [
    ...new Set([
      ...strange(plan, PLAN_MEMBERS, ''),
      ...resources.flatMap((resource) => strange(resource, RESOURCE_MEMBERS, 'resource_changes.')),
      ...resources.flatMap((resource) =>
        strange(resource.change, CHANGE_MEMBERS, 'resource_changes.change.'),
      ),
    ]),
  ].sort();
}
