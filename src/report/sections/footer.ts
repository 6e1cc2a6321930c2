/** Where this came from: digest, commit, versions, run. */

import { link } from '../markdown.js';
import type { ReportInput } from '../types.js';
import { codeOf, type Detail } from '../words.js';

/** The end of a report that is one line: there is nothing to approve, so no digest either. */
export function renderOrigin({ source }: ReportInput, detail: Detail): string {
  const run = source.runUrl === undefined ? '' : ` · ${link('run', source.runUrl)}`;
  return `<sub>commit ${codeOf(source.commit.slice(0, 12), detail)}${run}</sub>`;
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
    ...(source.runUrl === undefined ? [] : [link('run', source.runUrl)]),
  ];
  return `<sub>${parts.join(' · ')}</sub>`;
}
