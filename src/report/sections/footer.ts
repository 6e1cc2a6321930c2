/** Where this came from: digest, commit, versions, run. */

import { link } from '../markdown.js';
import type { ReportInput } from '../types.js';
import { codeOf, limitItems, type Detail } from '../vocabulary.js';

/** The end of a report that is one line: there is nothing to approve, so no digest either. */
export function renderOrigin(input: ReportInput, detail: Detail): string {
  const { source } = input;
  const parts = [
    `commit ${codeOf(source.commit.slice(0, 12), detail)}`,
    ...renderIgnoredTags(input, detail),
    ...(source.runUrl === undefined ? [] : [link('run', source.runUrl)]),
  ];
  return `<sub>${parts.join(' · ')}</sub>`;
}

/** What nobody should look for in the report, as it is not compared. */
function renderIgnoredTags({ ignoredTags = [] }: ReportInput, detail: Detail): string[] {
  if (ignoredTags.length === 0) return [];
  const keys = ignoredTags.map((key) => codeOf(key, detail));
  return [`tags left to others: ${limitItems(keys, detail.values).join(' ')}`];
}

/** The last visible line, small. */
export function renderFooter(input: ReportInput, detail: Detail): string {
  const { versions, source, plan } = input;
  const parts = [
    ...(plan === undefined ? [] : [`digest ${codeOf(plan.digest, detail)}`]),
    `commit ${codeOf(source.commit.slice(0, 12), detail)}`,
    ...(versions.terraform === undefined ? [] : [`Terraform ${codeOf(versions.terraform, detail)}`]),
    ...(versions.provider === undefined ? [] : [`AWS provider ${codeOf(versions.provider, detail)}`]),
    `aws-kms-multi-region-key ${codeOf(versions.action, detail)}`,
    ...renderIgnoredTags(input, detail),
    ...(source.runUrl === undefined ? [] : [link('run', source.runUrl)]),
  ];
  return `<sub>${parts.join(' · ')}</sub>`;
}
