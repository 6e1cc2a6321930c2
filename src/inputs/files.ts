/** Inputs that name what is on the runner's disk. */

import path from 'node:path';
import { formatPolicy } from '../policy/canonical.js';
import { describeProblems, parsePolicy } from '../policy/parse.js';
import { Invalid, parseUrl, quote } from './parsers.js';
import type { InputSources } from './sources.js';

/** A folder on this machine, or the URL of a network mirror. */
export type ProviderMirror = { readonly folder: string } | { readonly url: string };

export function parseProviderMirror(text: string, { env, isFolder }: InputSources): ProviderMirror {
  if (/^[a-z]+:\/\//i.test(text.trim())) return { url: parseMirrorUrl(text) };
  const folder = resolveInWorkspace(text, env);
  if (!isFolder(folder)) throw new Invalid(`${quote(text.trim())} is not a folder on this runner`);
  return { folder };
}

/** Terraform takes no network mirror by http, not even one on this machine. */
function parseMirrorUrl(text: string): string {
  const url = parseUrl(text);
  if (!url.startsWith('https:')) throw new Invalid(`${quote(text)} does not begin with https://`);
  return url;
}

function resolveInWorkspace(text: string, env: InputSources['env']): string {
  return path.resolve(env['GITHUB_WORKSPACE'] ?? '.', text.trim());
}

export function readInWorkspace(text: string, { env, readFile }: InputSources): string {
  const content = readFile(resolveInWorkspace(text, env));
  if (content !== undefined) return content;
  const name = quote(text.trim());
  throw new Invalid(`the file ${name} cannot be read (a job has files only after actions/checkout)`);
}

/** KMS's limit on a key policy, in bytes (API reference, PutKeyPolicy). */
const POLICY_LIMIT_BYTES = 32_768;

/**
 * A whole key policy: JSON in; out comes the same policy in the form in which AWS gives it back, as JSON without white
 * space: that is what is sent and counted. A policy of another form would be no difference to KMS, but one to Terraform's
 * provider, which would wait ten minutes for it to go away.
 */
export function parsePolicyInput(text: string, partition: string): string {
  const reading = parsePolicy(text, { partition, from: 'author' });
  if ('problems' in reading) throw new Invalid(describeProblems(reading.problems));
  const formatted = formatPolicy(reading.policy);
  const bytes = Buffer.byteLength(formatted);
  if (bytes > POLICY_LIMIT_BYTES)
    throw new Invalid(`it has ${bytes} bytes, ${bytes - POLICY_LIMIT_BYTES} too many`);
  return formatted;
}

/** The text itself where it is JSON, else that of the file that it names. */
export function textOrFile(text: string, sources: InputSources): string {
  // A list or a text is no policy, but JSON all the same, and no path.
  if (/^\s*[{["]/.test(text)) return text;
  if (text.trim().includes('\n')) throw new Invalid('it is neither a JSON object nor the path of a file');
  return readInWorkspace(text, sources);
}
