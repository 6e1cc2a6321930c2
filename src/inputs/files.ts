/** Inputs that name what is on the runner's disk. */

import path from 'node:path';
import { Invalid, parseUrl, quote } from './parsers.js';
import type { InputSources } from './sources.js';

/** A folder on this machine, or the URL of a network mirror. */
export type ProviderMirror = { readonly folder: string } | { readonly url: string };

/** The text itself where it is JSON, else that of the file that it names. */
export function textOrFile(text: string, { env, readFile }: InputSources): string {
  // A list or a text is no policy, but JSON all the same, and no path.
  if (/^\s*[{["]/.test(text)) return text;
  if (text.trim().includes('\n')) throw new Invalid('it is neither a JSON object nor the path of a file');
  return readInWorkspace(text, { env, readFile });
}

export function readInWorkspace(
  text: string,
  { env, readFile }: Pick<InputSources, 'env' | 'readFile'>,
): string {
  const content = readFile(resolveInWorkspace(text, env));
  if (content === undefined) {
    const name = quote(text.trim());
    throw new Invalid(`the file ${name} cannot be read (a job has files only after actions/checkout)`);
  }
  return content;
}

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
