import type { ChangeCounts, PlanModel } from './plan/types.js';
import type { ReportInput, ReportOutcome } from './report/types.js';
import { countsInWords } from './report/vocabulary.js';
import { withoutUndefined } from './runner/outputs.js';

/** How a run ended, in one word for a workflow. */
export type Result = ReportOutcome | 'not-approved' | 'locked';

/** @param run how it is reported, with whether its plan was approved */
export function resultOf({ outcome, approval }: Pick<ReportInput, 'outcome' | 'approval'>): Result {
  return outcome === 'refused' && approval?.approved === false ? 'not-approved' : outcome;
}

/** Everything a run can tell the workflow; what is not known is left out and stays empty. */
export interface Outputs {
  readonly 'primary-key-arn'?: string;
  readonly 'key-id'?: string;
  readonly 'replica-key-arns'?: Readonly<Record<string, string>>;
  readonly 'key-arns'?: Readonly<Record<string, string>>;
  readonly 'alias-arns'?: Readonly<Record<string, string>>;
  readonly 'has-changes'?: boolean;
  readonly 'plan-summary'?: string;
  readonly 'to-add'?: number;
  readonly 'to-change'?: number;
  readonly 'to-destroy'?: number;
  readonly 'plan-digest'?: string;
  readonly 'plan-json-path'?: string;
  readonly 'plan-text-path'?: string;
  readonly 'errored-state-path'?: string;
  readonly 'comment-url'?: string;
  readonly 'report-path'?: string;
  readonly keys?: readonly string[];
  readonly 'changed-keys'?: readonly string[];
  readonly 'key-groups'?: readonly (readonly string[])[];
  readonly 'changed-key-groups'?: readonly (readonly string[])[];
  readonly digests?: Readonly<Record<string, string>>;
  readonly result?: Result;
  readonly drifted?: boolean;
  readonly verified?: boolean;
  readonly 'account-id'?: string;
  readonly 'terraform-version'?: string;
  readonly 'aws-provider-version'?: string;
}

/** The root outputs of the rendered configuration, by their Terraform names. */
export function keyOutputs(values: Readonly<Record<string, unknown>>): Outputs {
  const text = (name: string): string | undefined =>
    typeof values[name] === 'string' ? values[name] : undefined;
  const map = (name: string): Readonly<Record<string, string>> | undefined => {
    const value = values[name];
    return typeof value === 'object' && value !== null ? (value as Record<string, string>) : undefined;
  };
  return withoutUndefined({
    'primary-key-arn': text('primary_key_arn'),
    'key-id': text('key_id'),
    'replica-key-arns': map('replica_key_arns'),
    'key-arns': map('key_arns'),
    'alias-arns': map('alias_arns'),
    'account-id': text('account_id'),
  });
}

/** What a plan says by itself, before anything is applied. */
export function planOutputs(model: PlanModel, digest: string): Outputs {
  return {
    'has-changes': model.hasChanges,
    'plan-summary': summariseCounts(model.counts, model.hasChanges),
    'to-add': model.counts.add,
    'to-change': model.counts.change,
    'to-destroy': model.counts.destroy,
    'plan-digest': digest,
  };
}

/** The plan in one line, in Terraform's own order: `3 to add, 0 to change, 0 to destroy`. */
export function summariseCounts(counts: ChangeCounts, hasChanges: boolean): string {
  if (!hasChanges) return 'No changes';
  const { usual, rare } = countsInWords(counts);
  return [...rare, ...usual].join(', ');
}
