import path from 'node:path';
import type { RunContext } from '../runner/context.js';
import type { Deps } from '../deps.js';
import { GitHubApiError } from '../github/api-error.js';
import type { GitHubClient } from '../github/client.js';
import { readFileAt, shorten } from '../github/repository.js';
import { readShared } from '../inputs/inputs.js';
import { environmentName } from '../inputs/reader.js';
import { inputSources } from '../inputs/sources.js';
import {
  compareKeys,
  groupForMatrix,
  MOST_JOBS,
  policyFiles,
  type KeyChanges,
} from '../keys-file/changes.js';
import { checkKeys, type CheckedKey } from '../keys-file/check.js';
import { readKeysDocument, type KeysDocument } from '../keys-file/document.js';
import { assertNoProblems, inputError, openKeysFile, type KeysFile } from '../keys-file/resolve.js';
import type { Outputs } from '../outputs.js';
import { renderKeyList } from '../report/key-list.js';
import { openWithoutKey, writeStepOutputs } from '../run.js';

/**
 * `keys`: reads and checks the whole keys file, and tells the workflow which keys there are and which of them a change
 * concerns. No AWS, no Terraform.
 * @throws ActionError with every problem of every key, and of the step
 */
export async function listKeys(deps: Deps): Promise<void> {
  const sources = inputSources(deps.env);
  const { githubToken } = readShared(sources, 'keys');
  const file = openKeysFile(sources);
  if (file === undefined) throw inputError('keys-file', 'it is missing, and the command keys reads it');
  const { keys, problems, ofStep } = checkKeys(file.document, {
    ...sources,
    env: { ...sources.env, [environmentName('command')]: 'plan' },
  });
  assertNoProblems(file, problems, ofStep);
  const { context, client } = await openWithoutKey(deps, githubToken);
  const base = await compareWithBase({ deps, client, context, file });
  const changes = base.changes ?? everything(keys);
  sayChanges(deps, file, changes, base.says);
  await deps.runner.addSummary(renderKeyList({ file: file.path, keys, changes, says: base.says }));
  writeStepOutputs(deps, outputsOf(keys, changes));
}

function outputsOf(keys: readonly CheckedKey[], { added, changed }: KeyChanges): Outputs {
  const all = keys.map(({ entry }) => entry.name);
  const concerned = new Set([...added, ...changed]);
  const changedKeys = all.filter((name) => concerned.has(name));
  return {
    keys: all,
    'changed-keys': changedKeys,
    'key-groups': groupForMatrix(all),
    'changed-key-groups': groupForMatrix(changedKeys),
  };
}

/** Without anything to compare with, each key may have changed. */
function everything(keys: readonly CheckedKey[]): KeyChanges {
  const changed = keys.map(({ entry }) => entry.name);
  return { added: [], changed, unchanged: [], removed: [], renamed: [] };
}

export interface Base {
  /** Undefined where there is nothing to compare with. */
  readonly changes: KeyChanges | undefined;
  /** What was compared with what, as a whole sentence. */
  readonly says: string;
}

interface BaseRequest {
  readonly deps: Deps;
  /** Undefined without a token, or outside GitHub. */
  readonly client: GitHubClient | undefined;
  readonly context: RunContext;
  readonly file: KeysFile;
}

/** Compares the keys file with what it was before the change that the run is about. */
export async function compareWithBase(request: BaseRequest): Promise<Base> {
  const { deps, client, context, file } = request;
  const { baseSha: ref, repository } = context;
  if (ref === undefined || client === undefined || repository === undefined) {
    const why = ref === undefined ? 'This event has no earlier commit' : 'There is no token';
    return { changes: undefined, says: `${why} to compare with, so every key counts as changed.` };
  }
  const place = { client, repository, ref };
  try {
    const text = await readFileAt(place, file.path);
    if (text === undefined)
      return {
        changes: compareKeys(undefined, file.document),
        says: `At ${shorten(ref)} there was no ${file.path} that this token can read, so every key is new.`,
      };
    const before = readKeysDocument(text);
    if (before.problems.length > 0)
      return {
        changes: undefined,
        says: `At ${shorten(ref)} ${file.path} was not valid, so every key counts as changed.`,
      };
    const changedFiles = await findChangedPolicies(request, before, (name) => readFileAt(place, name));
    return {
      changes: compareKeys(before, file.document, changedFiles),
      says: `Compared with ${shorten(ref)}.`,
    };
  } catch (thrown) {
    if (!(thrown instanceof GitHubApiError)) throw thrown;
    deps.log.warning(
      `GitHub did not give ${file.path} at ${shorten(ref)} ("${thrown.message}"), so every key counts as changed. Give the job \`permissions: { contents: read }\`.`,
      { title: 'No keys file to compare with' },
    );
    return {
      changes: undefined,
      says: 'GitHub did not give the earlier file, so every key counts as changed.',
    };
  }
}

/** The policy files of both versions that are not what they were; one that GitHub does not give counts as changed. */
async function findChangedPolicies(
  { deps, file }: BaseRequest,
  before: KeysDocument,
  readBefore: (file: string) => Promise<string | undefined>,
): Promise<ReadonlySet<string>> {
  const earlier = new Set(policyFiles(before));
  const kept = policyFiles(file.document).filter((name) => earlier.has(name));
  const { env } = deps;
  const { readFile: readNow } = inputSources(env);
  const changed = await Promise.all(
    kept.map(async (name) => {
      const now = readNow(path.resolve(env['GITHUB_WORKSPACE'] ?? '.', name));
      const then = await readBefore(path.posix.normalize(name));
      return now !== undefined && now === then ? [] : [name];
    }),
  );
  return new Set(changed.flat());
}

function sayChanges({ log }: Deps, file: KeysFile, changes: KeyChanges, says: string): void {
  const { added, changed, unchanged, removed, renamed } = changes;
  const keys = file.document.keys.length;
  log.info(`🔑 ${file.path}: ${keys === 1 ? '1 key' : `${keys} keys`}, all valid. ${says}`);
  for (const [name, list] of Object.entries({ added, changed, unchanged }))
    if (list.length > 0) log.info(`${name}: ${list.join(', ')}`);
  const renames = new Map(renamed.map(({ from, to }) => [from, to]));
  for (const name of removed)
    log.warning(sayRemoved(name, renames.get(name)), { title: `${name}: removed from ${file.path}` });
  if (keys > MOST_JOBS) {
    log.notice(
      `A matrix of GitHub has at most ${MOST_JOBS} jobs, and there are ${keys} keys: use \`changed-keys\`, or give each group of \`key-groups\` to a reusable workflow.`,
      { title: 'More keys than a matrix takes' },
    );
  }
}

/** A line that goes missing deletes nothing, and who took it out may think that it does. */
export function sayRemoved(name: string, renamed: string | undefined): string {
  const stays = `${name} is no longer in the file. Its keys stay in AWS, and in their state, until \`command: destroy\` with the inputs that it had.`;
  return renamed === undefined
    ? stays
    : `${stays} ${renamed} says the same under another name, and would be another key. To rename the key, give the new entry \`rename-alias-from: ${name}\` and the \`state-key\` that it had.`;
}
