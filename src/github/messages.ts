/** What the looks at a pull request have in common when they refuse. */

import type { RepositoryName } from '../runner/context.js';
import { ActionError } from '../errors.js';

export const USE_THE_DIGEST =
  'Or plan in this workflow and give its digest as `approved-plan`, behind an environment with reviewers.';

export function notApplied(what: string, next: string): ActionError {
  return new ActionError({ what, done: 'Nothing was applied.', next });
}

export function nameOf({ owner, name }: RepositoryName): string {
  return `${owner}/${name}`;
}

export function shorten(sha: string): string {
  return /^[0-9a-f]{40,64}$/.test(sha) ? sha.slice(0, 7) : sha;
}
