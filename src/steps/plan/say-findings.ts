import type { Log } from '../../deps.js';
import type { Finding } from '../../plan/types.js';

/** Who is let in is what the reviewers agree to by the access table; it is told, and is no danger by itself. */
const NO_DANGER: ReadonlySet<string> = new Set(['account-let-in', 'principal-let-in']);

/** GitHub shows ten annotations of a step; of one cause there is one, whatever the number of Regions. */
const MOST_REASONS = 3;

export interface SayFindingsOptions {
  readonly log: Pick<Log, 'warning' | 'notice'>;
  /** Without `alias/`. */
  readonly alias: string;
}

/**
 * Tells the warnings on a plan as annotations, once all is known of it. A stop is told by the error that ends the run.
 * @returns nothing; one annotation for each rule, its title with the alias
 */
export function sayFindings(findings: readonly Finding[], { log, alias }: SayFindingsOptions): void {
  for (const [rule, same] of byRule(findings.filter(({ severity }) => severity === 'warning'))) {
    const say = NO_DANGER.has(rule) ? log.notice : log.warning;
    say(sentencesOf(same), { title: titleOf(alias, rule.replaceAll('-', ' ')) });
  }
}

/** @param what e.g. `key deleted` */
export function titleOf(alias: string, what: string): string {
  return `alias/${alias}: ${what}`;
}

function byRule(findings: readonly Finding[]): Map<string, Finding[]> {
  const rules = new Map<string, Finding[]>();
  for (const finding of findings) rules.set(finding.rule, [...(rules.get(finding.rule) ?? []), finding]);
  return rules;
}

function sentencesOf(findings: readonly Finding[]): string {
  const reasons = distinct(findings.map(({ reason }) => reason));
  const hidden = reasons.length - MOST_REASONS;
  const more = hidden > 0 ? [`And ${hidden} more of this kind: see the job summary.`] : [];
  const waysOut = distinct(findings.map(({ wayOut }) => wayOut)).filter((wayOut) => wayOut !== '');
  return [...reasons.slice(0, MOST_REASONS), ...more, ...waysOut.slice(0, MOST_REASONS)].join(' ');
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
