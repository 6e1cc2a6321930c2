/**
 * The report of one key as a file: what the job of a matrix leaves for the job that writes one comment for all of them.
 */

import { z } from 'zod';
import type { RunContext } from '../runner/context.js';
import { nameOf } from '../github/repository.js';
import type { PlanModel, ResourceChange } from '../plan/types.js';
import { OUTCOMES, REPORT_COMMANDS, type ReportInput } from '../report/types.js';

/** Where and for what a report was made; another run's does not belong beside it. */
export interface ReportOrigin {
  /** `owner/name`; undefined outside GitHub. */
  readonly repository: string | undefined;
  readonly runId: string | undefined;
  readonly attempt: number;
  readonly commit: string | undefined;
}

/** The origin of what this run reports. */
export function originOf({ repository, runId, runAttempt, sha }: RunContext): ReportOrigin {
  return {
    repository: repository === undefined ? undefined : nameOf(repository),
    runId,
    attempt: runAttempt,
    commit: sha,
  };
}

export interface ReportFile {
  /** Which key it is about: its name in the keys file, or else its comment key. */
  readonly key: string;
  readonly origin: ReportOrigin;
  /** Whether apply would have something to do. */
  readonly hasWork: boolean;
  readonly report: ReportInput;
}

const VERSION = 1;
const KIND = 'aws-kms-multi-region-key report';

/** The settings that a report says something of beside the attributes that differ. */
const KEPT = ['enable_key_rotation', 'key_usage', 'key_id', 'deletion_window_in_days'];

/**
 * The report as JSON. Of a resource's raw sides only what the report is made from is in it, since Terraform may know
 * values there that nobody is to see.
 * @param file its texts are redacted already
 */
export function renderReportFile({ key, origin, hasWork, report }: ReportFile): string {
  const { plan } = report;
  const trimmed =
    plan === undefined ? report : { ...report, plan: { ...plan, model: withoutRawSides(plan.model) } };
  return `${JSON.stringify({ kind: KIND, version: VERSION, key, origin, hasWork, report: trimmed })}\n`;
}

function withoutRawSides({ unsupported, unknownFields, ...model }: PlanModel): object {
  const trim = (change: ResourceChange): ResourceChange => ({
    ...change,
    before: trimSide(change.before),
    after: trimSide(change.after),
    afterUnknown: {},
    beforeSensitive: false,
    afterSensitive: false,
  });
  return {
    ...model,
    notUnderstood: unsupported,
    unrecognised: unknownFields,
    outputs: {},
    resources: model.resources.map(trim),
    drift: model.drift.map(trim),
    regions: model.regions.map((row) => ({
      ...row,
      key: row.key === undefined ? undefined : trim(row.key),
      aliases: row.aliases.map(trim),
    })),
  };
}

function trimSide(side: ResourceChange['before']): ResourceChange['before'] {
  if (side === null) return null;
  return Object.fromEntries(Object.entries(side).filter(([name]) => KEPT.includes(name)));
}

const objects = z.array(z.looseObject({}));
const role = z.enum(['primary', 'replica']);
/** Of the keys and of the checks on them; the rest is shown as text. */
const ofRegions = z.array(z.looseObject({ region: z.string(), role }));

const change = z.looseObject({
  address: z.string(),
  kind: z.enum(['primary', 'replica', 'alias', 'other']),
  action: z.enum(['no-op', 'create', 'read', 'update', 'replace', 'delete', 'forget']),
  before: z.record(z.string(), z.unknown()).nullable(),
  after: z.record(z.string(), z.unknown()).nullable(),
  attributes: z.array(z.looseObject({ name: z.string() })),
});

const modelOfFile = z.looseObject({
  hasChanges: z.boolean(),
  destroys: z.boolean(),
  counts: z.record(z.string(), z.number()),
  resources: z.array(change),
  drift: z.array(change),
  regions: z.array(
    z.looseObject({
      region: z.string(),
      role,
      key: change.optional(),
      aliases: z.array(change),
    }),
  ),
  changedOutputs: z.array(z.string()),
  notUnderstood: z.array(z.string()),
});

const model = modelOfFile.transform(({ notUnderstood, unrecognised, ...rest }) => ({
  ...rest,
  unsupported: notUnderstood,
  unknownFields: unrecognised,
}));

const schema = z.strictObject({
  kind: z.literal(KIND),
  version: z.literal(VERSION),
  key: z.string().min(1),
  origin: z.strictObject({
    repository: z.string().optional(),
    runId: z.string().optional(),
    attempt: z.int().positive(),
    commit: z.string().optional(),
  }),
  hasWork: z.boolean(),
  report: z.looseObject({
    command: z.enum(REPORT_COMMANDS),
    outcome: z.enum(OUTCOMES),
    alias: z.string(),
    commentKey: z.string(),
    plan: z
      .looseObject({
        model,
        access: objects,
        findings: z.array(
          z.looseObject({ severity: z.enum(['stop', 'warning', 'notice']), rule: z.string() }),
        ),
        digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
        text: z.string(),
      })
      .optional(),
    keys: ofRegions.optional(),
    verification: ofRegions.optional(),
    ignoredTags: z.array(z.string()).optional(),
    versions: z.looseObject({ action: z.string() }),
    source: z.looseObject({ commit: z.string() }),
    hidden: z.looseObject({ marker: z.string(), approvalRecord: z.string().optional() }),
  }),
});

/** What a file turned out to be. */
export type ParsedReportFile =
  | { readonly is: 'report'; readonly file: ReportFile }
  /** Some other file, e.g. a plan that was uploaded beside it. */
  | { readonly is: 'other' }
  /** One that says of itself that it is a report; `reason` ends the sentence that begins with its name. */
  | { readonly is: 'broken'; readonly reason: string };

/** @param text a whole file, as anybody may have written it */
export function parseReportFile(text: string): ParsedReportFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text.includes(KIND) ? { is: 'broken', reason: 'is not whole' } : { is: 'other' };
  }
  if (typeof value !== 'object' || value === null || Reflect.get(value, 'kind') !== KIND)
    return { is: 'other' };
  const version: unknown = Reflect.get(value, 'version');
  if (version !== VERSION) {
    return {
      is: 'broken',
      reason: `is of version ${JSON.stringify(version)}: use the same version of the action in all jobs`,
    };
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.'));
    return {
      is: 'broken',
      reason: `has parts that are not as they should be: ${[...new Set(fields)].slice(0, 5).join(', ')}`,
    };
  }
  // The parts that were not looked at one by one are shown as text, or not at all.
  return { is: 'report', file: parsed.data as unknown as ReportFile };
}
