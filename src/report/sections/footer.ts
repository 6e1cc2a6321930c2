/** Where this came from: digest, commit, versions, run. */

import { join, link, mark, NOTHING, some, type Markdown } from '../markdown.js';
import type { ReportInput } from '../types.js';

/** The end of a report that is one line: there is nothing to approve, so no digest either. */
export function renderOrigin(input: ReportInput): Markdown {
  return renderSmall([commitOf(input), ...endOf(input)]);
}

/** The last visible line. */
export function renderFooter(input: ReportInput): Markdown {
  const { versions, plan } = input;
  return renderSmall([
    plan === undefined ? NOTHING : mark`digest ${plan.digest}`,
    commitOf(input),
    versions.terraform === undefined ? NOTHING : mark`Terraform ${versions.terraform}`,
    versions.provider === undefined ? NOTHING : mark`AWS provider ${versions.provider}`,
    mark`aws-kms-multi-region-key ${versions.action}`,
    ...endOf(input),
  ]);
}

function commitOf({ source }: ReportInput): Markdown {
  return mark`commit ${source.commit.slice(0, 12)}`;
}

/** What nobody should look for in the report, as it is not compared; and the run. */
function endOf({ ignoredTags = [], source }: ReportInput): Markdown[] {
  return [
    ignoredTags.length === 0 ? NOTHING : mark`tags left to others: ${some(ignoredTags, 'values', ' ')}`,
    source.runUrl === undefined ? NOTHING : link('run', source.runUrl),
  ];
}

function renderSmall(parts: readonly Markdown[]): Markdown {
  return mark`<sub>${join(parts, ' · ')}</sub>`;
}
