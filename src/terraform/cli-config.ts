import path from 'node:path';
import type { Environment } from '../context.js';

/** Terraform's settings for a whole machine: credentials for registries, where providers come from, the plug-in cache. */
export interface CliConfig {
  readonly file: string;
  readonly text: string;
}

/**
 * The CLI configuration that Terraform would read: that of TF_CLI_CONFIG_FILE where it names a file that is there, else
 * the one in the home folder (Terraform's documentation, "CLI Configuration File").
 */
export async function findCliConfig(
  env: Environment,
  readFile: (file: string) => Promise<string | undefined>,
): Promise<CliConfig | undefined> {
  const { TF_CLI_CONFIG_FILE: named = '', APPDATA: onWindows = '', HOME: home = '' } = env;
  const ofUser = onWindows === '' ? path.join(home, '.terraformrc') : path.join(onWindows, 'terraform.rc');
  for (const file of [named, ofUser]) {
    const text = path.isAbsolute(file) ? await readFile(file) : undefined;
    if (text !== undefined) return { file, text };
  }
  return undefined;
}

/** Whether a CLI configuration says by itself where plug-ins are kept. */
export function namesPluginCache(text: string): boolean {
  return topLevelNames(text).includes('plugin_cache_dir');
}

/** Whether a CLI configuration says by itself where providers come from. */
export function namesProviderInstallation(text: string): boolean {
  return topLevelNames(text).includes('provider_installation');
}

/**
 * A CLI configuration by which providers come from a network mirror and from nowhere else. Terraform takes one such
 * file only, so all other settings of the user's are repeated in it.
 * @param text the user's, in either of its two syntaxes; empty for none
 * @param url https, without a trailing slash
 */
export function withNetworkMirror(text: string, url: string): string {
  // Terraform puts the path of an index straight behind it.
  const base = `${url}/`;
  const json = parseObject(text);
  if (json !== undefined) {
    return JSON.stringify({ ...json, provider_installation: { network_mirror: [{ url: base }] } });
  }
  const kept = items(text)
    .filter(({ name }) => name !== 'provider_installation')
    .map((item) => item.text)
    .join('');
  return `${kept}\nprovider_installation {\n  network_mirror {\n    url = ${JSON.stringify(base)}\n  }\n}\n`;
}

function topLevelNames(text: string): string[] {
  const json = parseObject(text);
  return json === undefined ? items(text).map(({ name }) => name) : Object.keys(json);
}

function parseObject(text: string): object | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined; // Terraform says what is wrong with it.
  }
}

/** A block or an attribute of the file's top level, with what is written before it. */
interface Item {
  readonly name: string;
  readonly text: string;
}

/** Comments, heredocs, strings, braces and brackets, words, white space, and whatever else, one character each. */
const TOKEN =
  /#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/|<<-?(\w+)\n[\s\S]*?\n[^\S\n]*\1(?=\n|$)|"(?:\\.|[^"\\])*"|[\w-]+|\s+|[\s\S]/g;

const NESTING: ReadonlyMap<string, number> = new Map([
  ['{', 1],
  ['[', 1],
  ['}', -1],
  [']', -1],
]);

/** Cuts a file into its top-level items; joined they are the file again. */
function items(text: string): Item[] {
  const found: Item[] = [];
  let [depth, name, start] = [0, '', 0];
  const endAt = (end: number): void => {
    if (end > start) found.push({ name, text: text.slice(start, end) });
    [name, start] = ['', end];
  };
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const nesting = NESTING.get(token) ?? 0;
    depth += nesting;
    if (depth > 0) continue;
    if (nesting < 0) endAt(index + 1);
    else if (name === '') name = /^"?([\w-]+)/.exec(token)?.[1] ?? '';
    // The brace or the equals sign of an item may be on the next line.
    else if (/^\s*\n\s*(?![{=\s])/.test(text.slice(index))) endAt(index);
  }
  endAt(text.length);
  return found;
}
