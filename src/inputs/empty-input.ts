/**
 * Why an input may be empty although the workflow gives it: GitHub puts nothing in the place of an expression without a
 * value, and does not tell the action which expression it was. What is known is who started the run, and by what event.
 */

import { isFromFork, pullRequestOf } from '../runner/context.js';
import type { InputSources } from './sources.js';

type Sources = Pick<InputSources, 'env' | 'readFile'>;

const GENERAL =
  'If an expression gives it, that has no value: `vars.X` has to exist in the repository, the organisation or the environment that the job names; `secrets.X` likewise, and a called workflow gets secrets only by `secrets: inherit`; an output of a job that was skipped, or that GitHub found a masked text in, is empty.';

/**
 * GitHub gives Dependabot's runs the secrets of Dependabot alone (its documentation, "Dependabot on GitHub Actions"), and
 * those of a fork's pull request none.
 * @returns what to look at, in whole sentences, with the way on; empty outside GitHub
 */
export function explainEmptyInput(sources: Sources): string {
  const { env } = sources;
  if (env['GITHUB_ACTIONS'] !== 'true') return '';
  if (env['GITHUB_ACTOR'] === 'dependabot[bot]') {
    return 'This run was started by Dependabot, which gets no secrets of the repository: `${{ secrets.X }}` is empty in it. Add the secret under Settings, "Secrets and variables", Dependabot, or use a variable (`vars.X`) for what is none, or leave the job out with `if: github.actor != \'dependabot[bot]\'`.';
  }
  if (isFork(sources)) {
    return 'This pull request comes from a fork, and its runs get no secrets: `${{ secrets.X }}` is empty in them. Leave the job out with `if: github.event.pull_request.head.repo.full_name == github.repository`.';
  }
  return GENERAL;
}

function isFork({ env, readFile }: Sources): boolean {
  if (!/^pull_request(?:_review|_review_comment)?$/.test(env['GITHUB_EVENT_NAME'] ?? '')) return false;
  try {
    const event = pullRequestOf(JSON.parse(readFile(env['GITHUB_EVENT_PATH'] ?? '') ?? 'null'));
    return event.base.repo.full_name !== undefined && isFromFork(event);
  } catch {
    return false; // A payload that cannot be read says nothing; the reader of the context tells of it.
  }
}
