import type { Log } from '../../deps.js';
import { capitalise } from '../../phrases.js';
import type { Finding } from '../../guard/finding.js';

/** GitHub shows ten annotations of a step; of one cause there is one, whatever the number of Regions. */
const MOST_REASONS = 3;

/**
 * Tells what a plan warns of, once all is known of it: one annotation for each rule. A stop is told by the error that ends
 * the run.
 * @param reviewed whether people were told the same before, with the plan that they approved; then the log alone has it
 */
export function sayFindings(
  findings: readonly Finding[],
  log: Pick<Log, 'info' | 'warning' | 'notice'>,
  reviewed: boolean,
): void {
  for (const [rule, same] of byRule(findings.filter(({ severity }) => severity !== 'stop'))) {
    const title = rule.replaceAll('-', ' ');
    const text = sentencesOf(same);
    if (reviewed) log.info(`${capitalise(title)}: ${text}`);
    else if (same.every(({ severity }) => severity === 'notice')) log.notice(text, { title });
    else log.warning(text, { title });
  }
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
