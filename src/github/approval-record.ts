/**
 * The machine-readable end of the comment: which plan was shown, of which commit, on which pull request. `apply` reads
 * it back. It is only as trustworthy as the comment it stands in: who wrote and last edited that is checked elsewhere.
 */

import { z } from 'zod';
import type { AttributeHashes } from '../plan/attribute-hashes.js';
import {
  compareFingerprints,
  fingerprintChanges,
  type Fingerprint,
  type FingerprintDifference,
} from '../plan/difference.js';
import type { PlanModel } from '../plan/types.js';

export interface ApprovalRecord {
  /** `owner/name`. */
  readonly repository: string;
  readonly pullRequest: number;
  readonly commentKey: string;
  /** The full id of the commit that was planned. */
  readonly commit: string;
  /** The plan's digest, `sha256:` and 64 hex digits, as after `approved-plan:`. */
  readonly digest: string;
  /** What the plan does, so that a mismatch can be told in words. Left out where there is no room. */
  readonly changes?: readonly Fingerprint[] | undefined;
  /** The values that it leads to, by attribute, as short hashes: what tells which of them another plan has not. */
  readonly values?: AttributeHashes | undefined;
}

/** What the last line of a comment holds. */
type Read<T> =
  | { readonly found: 'none' }
  | { readonly found: 'invalid'; readonly reason: string }
  | { readonly found: 'one'; readonly record: T };

export type ParsedApprovalRecord = Read<ApprovalRecord>;

const VERSION = 2;
const OPENING = '<!-- aws-kms-multi-region-key:approval ';
const OPENING_OF_MANY = '<!-- aws-kms-multi-region-key:records ';
const CLOSING = ' -->';

const shown = {
  version: z.literal(VERSION),
  repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
  pullRequest: z.int().positive(),
  commit: z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/),
};

const plan = {
  commentKey: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  changes: z
    .array(
      z.strictObject({
        line: z.string(),
        hash: z.string(),
        creates: z
          .strictObject({ address: z.string(), after: z.string(), unknown: z.array(z.string()) })
          .optional(),
      }),
    )
    .optional(),
  values: z.record(z.string(), z.array(z.string())).optional(),
};

const schema = z.strictObject({ ...shown, ...plan }).transform((record): ApprovalRecord => {
  const { repository, pullRequest, commit, commentKey, digest, changes, values } = record;
  return { repository, pullRequest, commit, commentKey, digest, changes, values };
});
const schemaOfMany = z
  .strictObject({ ...shown, plans: z.array(z.strictObject(plan)) })
  .transform(({ repository, pullRequest, commit, plans }) =>
    plans.map((each): ApprovalRecord => ({ repository, pullRequest, commit, ...each })),
  );

/**
 * The record as one line, an HTML comment that GitHub does not show. No text in it can end the comment, start another
 * one, or be taken for a mention: what could is written as a JSON escape.
 */
export function renderApprovalRecord(record: ApprovalRecord): string {
  const { repository, pullRequest, commentKey, commit, digest, values } = record;
  const changes = asRecorded(record.changes);
  return render(OPENING, { repository, pullRequest, commentKey, commit, digest, changes, values });
}

/**
 * The records of several plans, all shown by one comment, as one line.
 * @param records all of one commit on one pull request
 * @returns empty where there is none
 */
export function renderApprovalRecords(records: readonly ApprovalRecord[]): string {
  const [first] = records;
  if (first === undefined) return '';
  const { repository, pullRequest, commit } = first;
  const plans = records.map(({ commentKey, digest, changes, values }) => ({
    commentKey,
    digest,
    changes: asRecorded(changes),
    values,
  }));
  return render(OPENING_OF_MANY, { repository, pullRequest, commit, plans });
}

/** Member by member: a change may carry more than is meant for the comment. */
function asRecorded(changes: ApprovalRecord['changes']): ApprovalRecord['changes'] {
  return changes?.map(({ line, hash, creates }) => ({ line, hash, creates }));
}

function render(opening: string, content: object): string {
  return `${opening}${escapeForHtmlComment(JSON.stringify({ version: VERSION, ...content }))}${CLOSING}`;
}

/** Every character escaped here can stand only inside a JSON string, where the escape means the same. */
function escapeForHtmlComment(json: string): string {
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replaceAll(/[<>&@#`~]|[^\x20-\x7e]/g, escape).replaceAll('--', '-\\u002d');
}

/**
 * Reads the record back from a comment's body. It has to be the last line, and the only one of its kind: text of a
 * plan may look like a record, and a reader must never have to choose between two.
 *
 * @param body the whole body of the comment
 */
export function parseApprovalRecord(body: string): ParsedApprovalRecord {
  return readLine(body, OPENING, schema);
}

/**
 * Reads the record of one key back from a comment that shows the plans of many.
 * @param body the whole body of the comment
 * @param commentKey of the key
 */
export function parseApprovalRecordAmong(body: string, commentKey: string): ParsedApprovalRecord {
  const line = readLine(body, OPENING_OF_MANY, schemaOfMany);
  if (line.found !== 'one') return line;
  const [record, ...others] = line.record.filter((each) => each.commentKey === commentKey);
  if (record === undefined) return { found: 'none' };
  if (others.length > 0) return { found: 'invalid', reason: `${JSON.stringify(commentKey)} is there twice` };
  return { found: 'one', record };
}

function readLine<T>(body: string, opening: string, wanted: z.ZodType<T>): Read<T> {
  const occurrences = body.split(opening.trimEnd()).length - 1;
  if (occurrences === 0) return { found: 'none' };
  if (occurrences > 1) return { found: 'invalid', reason: `there are ${occurrences} of them` };
  const line = lastLineOf(body);
  if (!line.startsWith(opening) || !line.endsWith(CLOSING))
    return { found: 'invalid', reason: 'it is not the last line of the comment' };
  let value: unknown;
  try {
    value = JSON.parse(line.slice(opening.length, -CLOSING.length));
  } catch {
    return { found: 'invalid', reason: 'it is not JSON' };
  }
  const { data, error } = wanted.safeParse(value);
  if (error === undefined) return { found: 'one', record: data };
  const fields = new Set(error.issues.map((issue) => issue.path.join('.') || 'the record'));
  return { found: 'invalid', reason: `these parts are not as they should be: ${[...fields].join(', ')}` };
}

/** The last line of a comment that tells what was applied. No later run writes over such a comment. */
export const APPLIED_MARK = '<!-- aws-kms-multi-region-key:applied -->';

export function tellsApply(body: string): boolean {
  return lastLineOf(body) === APPLIED_MARK;
}

function lastLineOf(body: string): string {
  return body.trimEnd().split(/\r?\n/).at(-1) ?? '';
}

/** What a plan does that the recorded one did not, and the other way round, in words. */
export function compareWithRecord({ changes }: ApprovalRecord, model: PlanModel): FingerprintDifference {
  const difference = compareFingerprints(changes ?? [], fingerprintChanges(model));
  return changes === undefined ? { ...difference, gone: [] } : difference;
}
