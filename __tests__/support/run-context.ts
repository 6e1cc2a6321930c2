import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { context } from '@actions/github';
import { readContext, type RunContext } from '../../src/runner/context.js';
import { tempFolder } from './temp-folder.js';

const Context = context.constructor as new () => typeof context;

/**
 * The context of a run in this environment.
 * @param payload the event's; text is what its file holds
 */
export function readRunContext(
  env: Readonly<Record<string, string | undefined>>,
  payload?: unknown,
): Promise<RunContext> {
  const own = { ...env };
  if (payload !== undefined) {
    own['GITHUB_EVENT_PATH'] = path.join(tempFolder('event'), 'event.json');
    writeFileSync(own['GITHUB_EVENT_PATH'], typeof payload === 'string' ? payload : JSON.stringify(payload));
  }
  return readContext({
    env: own,
    dropPayload: () => Reflect.deleteProperty(own, 'GITHUB_EVENT_PATH'),
    load: () => Promise.resolve(loadEvent(own)),
  });
}

/** What GitHub's toolkit reads of a run in this environment. */
export function loadEvent(env: Readonly<Record<string, string | undefined>>): typeof context {
  return inEnvironment(env, () => new Context());
}

/** The toolkit reads the environment of the process. */
function inEnvironment<T>(env: Readonly<Record<string, string | undefined>>, read: () => T): T {
  const saved = { ...process.env };
  try {
    replaceEnvironment(env);
    return read();
  } finally {
    replaceEnvironment(saved);
  }
}

function replaceEnvironment(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
  for (const [name, value] of Object.entries(env)) if (value !== undefined) process.env[name] = value;
}
