/** What the report is made from: everything the comment and the job summary say, as data. */

import type { Explanation } from '../errors.js';
import type { PrimaryMove } from '../plan/move.js';
import type { AccessChange, PlanModel } from '../plan/types.js';
import type { LastUse } from '../facts/kms-answers.js';
import type { Finding } from '../guard/finding.js';

export const REPORT_COMMANDS = ['plan', 'apply', 'destroy', 'drift', 'verify'] as const;

/**
 * How the run ended, as far as the reader is concerned.
 * - `planned`: there are changes, nothing was touched
 * - `no-changes`: the plan is empty
 * - `refused`: the guard, the preflight or the approval check stopped it before anything was changed
 * - `applied`: the approved plan was carried out (also by `destroy`)
 * - `drifted`, `in-sync`: what `drift` found
 * - `verified`: what `verify` found; a check that failed is `failed`
 * - `cancelled`: the step was cancelled; `failure` says what was done until then
 * - `failed`: anything else; `failure` says what, and what was and was not done
 */
export const OUTCOMES = [
  ...(['planned', 'no-changes', 'refused', 'applied', 'drifted'] as const),
  ...(['in-sync', 'verified', 'cancelled', 'failed'] as const),
] as const;

export type ReportOutcome = (typeof OUTCOMES)[number];

/** The plan, with all that was found out about it. */
export interface ReportedPlan {
  readonly model: PlanModel;
  /** From the difference of the key policies; for `drift`, of the policies recorded and found. */
  readonly access: readonly AccessChange[];
  /** From the guard and the preflight, in any order. */
  readonly findings: readonly Finding[];
  /** The plan's digest as it has to be written after `approved-plan:`. */
  readonly digest: string;
  /** When each key that the plan deletes was last used; left out where it was not asked. */
  readonly lastUse?: readonly LastUse[] | undefined;
  /** The move of the primary, which comes alone. */
  readonly move?: PrimaryMove | undefined;
  /** What `terraform show -no-color` prints: Terraform's own words, uncoloured. */
  readonly text: string;
}

interface ReportVersions {
  /** This action's version, e.g. `1.2.0`. */
  readonly action: string;
  readonly terraform: string | undefined;
  readonly provider: string | undefined;
}

/** Where the run came from, and where to look further. */
interface ReportSource {
  /** The full id of the commit that was planned. */
  readonly commit: string;
  /** `https://…/actions/runs/…`; undefined outside GitHub. */
  readonly runUrl: string | undefined;
}

/** The key in one Region as it is after apply, or as the state has it. */
export interface KeyResult {
  readonly region: string;
  readonly role: 'primary' | 'replica';
  readonly keyArn: string;
  /** Undefined when the alias is not there (yet). */
  readonly aliasArn: string | undefined;
}

/** One check on the key in one Region. */
export interface VerificationCheck {
  /** What was checked, in a few words, e.g. `enabled`, `policy`, `decrypts what the primary encrypted`. */
  readonly name: string;
  readonly ok: boolean;
  /** What was found instead, or why the check could not be made; undefined when it is ok. */
  readonly detail: string | undefined;
  /** Whether the key was used for it, and not only described. */
  readonly usesKey?: boolean;
}

export interface VerificationRow {
  readonly region: string;
  readonly role: 'primary' | 'replica';
  readonly checks: readonly VerificationCheck[];
}

/** What KMS says of a key that is not simply there and enabled. */
export interface KeyStateNote {
  readonly region: string;
  readonly keyId: string;
  /** KMS's own word, e.g. `PendingDeletion`, `PendingReplicaDeletion`, `Disabled`, `Creating`. */
  readonly state: string;
  /** ISO 8601; for a key that is pending deletion. */
  readonly deletionDate?: string | undefined;
  /** When it was last used, for a key that is pending deletion. */
  readonly lastUse?: LastUse | undefined;
}

/** What the approval check found. */
export interface ApprovalResult {
  readonly approved: boolean;
  /** One or two whole sentences, e.g. `Approved by digest.` or why it is not approved and what to do. */
  readonly says: string;
  /** In words, one line each: what was approved and is no longer planned. */
  readonly gone: readonly string[];
  /** In words, one line each: what is planned and was never approved. */
  readonly added: readonly string[];
}

/** How a plan on the branch stands to the one that the pull request showed which was merged as its commit. */
export interface ShownPlan {
  readonly pullRequest: number;
  /** `unknown` where there is no plan to compare with, which `says` tells. */
  readonly is: 'same' | 'different' | 'unknown';
  readonly says: string;
  /** In words, one line each: what was shown and is no longer planned. */
  readonly gone: readonly string[];
  /** In words, one line each: what is planned and was not shown. */
  readonly added: readonly string[];
}

/** The hidden parts, ready as they are. They are the caller's: whole lines of HTML comments, never cut. */
interface HiddenParts {
  /** By which the comment is found again; goes first. Not put into the job summary. */
  readonly marker: string;
  /**
   * The machine-readable approval record; goes last. When even the shortest comment leaves no room for it, it is left
   * out and the comment says so.
   */
  readonly approvalRecord?: string | undefined;
}

export interface ReportInput {
  readonly command: (typeof REPORT_COMMANDS)[number];
  readonly outcome: ReportOutcome;
  /** With `alias/`. */
  readonly alias: string;
  /** Shown beside the alias when it is not simply the alias, so that the comments of a matrix can be told apart. */
  readonly commentKey: string;
  /** The account the keys are in, when known: its own root then reads "this account". */
  readonly accountId?: string | undefined;
  /** Undefined for `verify` and for a run that failed before there was a plan. */
  readonly plan?: ReportedPlan | undefined;
  /** When the report was made, in milliseconds since the epoch; without it no day is computed. */
  readonly now?: number | undefined;
  /** For `failed` and `cancelled`, and for a `refused` or `drifted` whose reason is not among the findings. */
  readonly failure?: Explanation | undefined;
  readonly approval?: ApprovalResult | undefined;
  /** For a plan of what a pull request was merged as. */
  readonly shown?: ShownPlan | undefined;
  /** What is there now: after `applied`, and after `failed` as far as it is known. */
  readonly keys?: readonly KeyResult[] | undefined;
  readonly verification?: readonly VerificationRow[] | undefined;
  /** Regions whose key was saved from its deletion before the plan, which may then still be refused. */
  readonly broughtBack?: readonly string[] | undefined;
  /** What a reader should know of how the run went, e.g. that replicas were waited for; whole sentences. */
  readonly notes?: readonly string[] | undefined;
  /** Keys whose state calls for attention; one pending deletion is shown as an alarm. */
  readonly keyStates?: readonly KeyStateNote[] | undefined;
  /** The tags that are left to others, and of which nothing is said therefore: keys, and beginnings of keys with `*`. */
  readonly ignoredTags?: readonly string[] | undefined;
  readonly versions: ReportVersions;
  readonly source: ReportSource;
  readonly hidden: HiddenParts;
}

/** Comments: GitHub's limit, in characters. */
export const COMMENT_LIMIT = 65_536;

/** What the report of one key may take of a comment on many, in bytes of UTF-8. */
export const ROOM_OF_REPORT = 60_000;

/** Job summaries: GitHub's limit for one step, in bytes of UTF-8. */
export const SUMMARY_LIMIT = 1_048_576;

/** What a report may take of it: some is left for what else the step writes into its summary. */
export const SUMMARY_ROOM = SUMMARY_LIMIT - 16_384;
