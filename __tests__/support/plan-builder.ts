/** Small factories for plans and reports, with the article's three Regions as their world. */

import type {
  AccessChange,
  AttributeChange,
  ChangeAction,
  ChangeCounts,
  PlanModel,
  RegionPlan,
  ResourceChange,
  ResourceKind,
  Shown,
} from '../../src/plan/types.js';
import type { ReportInput } from '../../src/report/types.js';
import type { LastUse } from '../../src/facts/kms-answers.js';
import type { Finding } from '../../src/guard/finding.js';

export const ACCOUNT = '999900001111';
export const KEY_ID = 'mrk-01641fdcadec421f9ed2665c7d78ef9c';
export const ALIAS = 'alias/aws_cb_cmk';
export const REGIONS = ['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'] as const;

/** When the reports are made. */
export const NOW = Date.UTC(2026, 10, 26, 9, 30);

export const keyArn = (region: string): string => `arn:aws:kms:${region}:${ACCOUNT}:key/${KEY_ID}`;
export const aliasArn = (region: string): string => `arn:aws:kms:${region}:${ACCOUNT}:${ALIAS}`;
export const rootOf = (account: string): string => `arn:aws:iam::${account}:root`;

export const value = (of: unknown): Shown => ({ is: 'value', value: of });
export const unknown: Shown = { is: 'unknown' };
export const sensitive: Shown = { is: 'sensitive' };
export const absent: Shown = { is: 'absent' };

/** One attribute that changes; plain values are taken as shown values. */
export function attribute(
  name: string,
  before: Shown,
  after: Shown,
  forcesReplacement = false,
): AttributeChange {
  return { name, before, after, forcesReplacement };
}

export interface ResourceOptions {
  readonly region: string;
  readonly kind: ResourceKind;
  readonly action?: ChangeAction;
  readonly attributes?: readonly AttributeChange[];
  readonly importing?: string;
  readonly movedFrom?: string;
  readonly rotation?: boolean;
  readonly windowInDays?: number;
  readonly address?: string;
}

function addressOf(region: string, kind: ResourceKind, isPrimary: boolean): string {
  const type =
    kind === 'alias' ? 'aws_kms_alias' : kind === 'primary' ? 'aws_kms_key' : 'aws_kms_replica_key';
  return `module.${isPrimary ? 'primary' : `replica["${region}"]`}.${type}.this`;
}

/** A resource of the plan; its raw sides hold only what the report reads of them. */
export function resource(options: ResourceOptions): ResourceChange {
  const { region, kind, action = 'no-op', attributes = [], rotation = true } = options;
  const key = { key_id: KEY_ID, deletion_window_in_days: options.windowInDays ?? 30 };
  const raw = { region, enable_key_rotation: rotation, ...(kind === 'alias' ? {} : key) };
  const exists = action !== 'create';
  const stays = action !== 'delete' && action !== 'forget';
  return {
    address: options.address ?? addressOf(region, kind, region === REGIONS[0]),
    type: kind === 'alias' ? 'aws_kms_alias' : kind === 'primary' ? 'aws_kms_key' : 'aws_kms_replica_key',
    kind,
    region,
    action,
    reason: undefined,
    importing: options.importing,
    movedFrom: options.movedFrom,
    before: exists ? raw : null,
    after: stays ? raw : null,
    afterUnknown: {},
    beforeSensitive: {},
    afterSensitive: {},
    attributes,
  };
}

export interface RowOptions {
  readonly region: string;
  readonly role?: 'primary' | 'replica';
  readonly alias?: string;
  /** What happens to the key; the alias follows it when it is created or deleted. */
  readonly key?: Omit<ResourceOptions, 'region' | 'kind'>;
  readonly aliasChange?: Omit<ResourceOptions, 'region' | 'kind'>;
}

/** A Region of the plan: a key and its alias. */
export function row(options: RowOptions): RegionPlan {
  const { region, role = region === REGIONS[0] ? 'primary' : 'replica', alias = ALIAS, key = {} } = options;
  const follows = key.action === 'create' || key.action === 'delete' ? { action: key.action } : {};
  const keyChange = resource({ region, kind: role, ...key });
  const known = keyChange.action !== 'create' || keyChange.importing !== undefined;
  return {
    region,
    role,
    alias,
    keyArn: known ? keyArn(region) : undefined,
    key: keyChange,
    aliases: [resource({ region, kind: 'alias', ...follows, ...options.aliasChange })],
  };
}

export function countChanges(resources: readonly ResourceChange[]): ChangeCounts {
  const count = (test: (change: ResourceChange) => boolean): number => resources.filter(test).length;
  return {
    add: count(({ action }) => action === 'create' || action === 'replace'),
    change: count(({ action }) => action === 'update'),
    destroy: count(({ action }) => action === 'delete' || action === 'replace'),
    import: count(({ importing }) => importing !== undefined),
    forget: count(({ action }) => action === 'forget'),
    move: count(({ movedFrom }) => movedFrom !== undefined),
  };
}

/** A plan over the given rows; everything else follows from them unless it is given. */
export function plan(rows: readonly RegionPlan[], overrides: Partial<PlanModel> = {}): PlanModel {
  const resources = rows.flatMap(({ key, aliases }) => [...(key === undefined ? [] : [key]), ...aliases]);
  const counts = countChanges(resources);
  return {
    formatVersion: '1.2',
    terraformVersion: '1.11.4',
    destroys: false,
    hasChanges: Object.values(counts).some((count) => count > 0),
    counts,
    resources,
    drift: [],
    regions: rows,
    changedOutputs: [],
    outputs: {},
    unsupported: [],
    ...overrides,
  };
}

const MARKERS: Readonly<Record<ChangeAction, string>> = {
  'no-op': ' ',
  read: '<=',
  create: '+',
  update: '~',
  replace: '-/+',
  delete: '-',
  forget: '.',
};

const FATES: Readonly<Record<ChangeAction, string>> = {
  'no-op': 'has moved',
  read: 'will be read during apply',
  create: 'will be created',
  update: 'will be updated in-place',
  replace: 'must be replaced',
  delete: 'will be destroyed',
  forget: 'will no longer be managed by Terraform',
};

function shownAsText(shown: Shown): string {
  if (shown.is === 'value') return JSON.stringify(shown.value);
  return { absent: 'null', unknown: '(known after apply)', sensitive: '(sensitive value)' }[shown.is];
}

function resourceAsText(change: ResourceChange): string {
  const marker = MARKERS[change.action];
  const lines = change.attributes.map(({ name, before, after }) =>
    before.is === 'absent'
      ? `      + ${name} = ${shownAsText(after)}`
      : `      ~ ${name} = ${shownAsText(before)} -> ${shownAsText(after)}`,
  );
  return [
    `  # ${change.address} ${FATES[change.action]}`,
    `${marker.padStart(3)} resource "${change.type}" "this" {`,
    ...lines,
    '    }',
  ].join('\n');
}

/** Something like what Terraform prints for the plan. */
export function planText(model: PlanModel): string {
  const changed = model.resources.filter(
    ({ action, movedFrom }) => action !== 'no-op' || movedFrom !== undefined,
  );
  const { add, change, destroy } = model.counts;
  return [
    'Terraform will perform the following actions:',
    ...changed.map(resourceAsText),
    `Plan: ${add} to add, ${change} to change, ${destroy} to destroy.`,
  ].join('\n\n');
}

export const access = (overrides: Partial<AccessChange> = {}): AccessChange => ({
  direction: 'gains',
  effect: 'Allow',
  principal: rootOf('111122223333'),
  stranger: overrides.principal?.includes(`:${ACCOUNT}:`) !== true,
  actions: [
    'kms:CreateGrant',
    'kms:Decrypt',
    'kms:DescribeKey',
    'kms:Encrypt',
    'kms:GenerateDataKey*',
    'kms:ReEncrypt*',
  ],
  condition: undefined,
  regions: 'all',
  ...overrides,
});

export const finding = (overrides: Partial<Finding> = {}): Finding => ({
  severity: 'warning',
  rule: 'rotation-off',
  reason: 'Automatic rotation of the key material is switched off.',
  wayOut: 'Leave `enable-key-rotation` at its default to keep it.',
  region: REGIONS[0],
  address: undefined,
  ...overrides,
});

export interface ReportOptions extends Partial<Omit<ReportInput, 'plan'>> {
  readonly access?: readonly AccessChange[];
  readonly findings?: readonly Finding[];
  readonly text?: string;
  readonly lastUse?: readonly LastUse[];
}

/** A report on a plan, as the `plan` command would make it unless told otherwise. */
export function report(model: PlanModel, options: ReportOptions = {}): ReportInput {
  const { access: accessChanges = [], findings = [], text = planText(model), lastUse, ...rest } = options;
  return {
    command: 'plan',
    outcome: model.hasChanges ? 'planned' : 'no-changes',
    now: NOW,
    alias: ALIAS,
    commentKey: 'aws_cb_cmk',
    accountId: ACCOUNT,
    plan: { model, access: accessChanges, findings, digest: `sha256:${'3f'.repeat(32)}`, text, lastUse },
    versions: { action: '1.0.0', terraform: '1.11.4', provider: '6.63.0' },
    source: {
      commit: '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567',
      runUrl: 'https://github.com/acme/keys/actions/runs/4711',
    },
    hidden: {
      marker: '<!-- aws-kms-multi-region-key:comment-key=aws_cb_cmk -->',
      approvalRecord: '<!-- aws-kms-multi-region-key:approval {"digest":"sha256:3f"} -->',
    },
    ...rest,
  };
}
