/**
 * Writes what is made from the table of the inputs: the inputs in action.yml, the README's tables of inputs and outputs, and
 * the schema of keys files. Tests fail when one of them is due.
 *
 *     npx tsx scripts/tables.ts
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { parse, stringify } from 'yaml';
import { INPUT_NAMES, specOf } from '../src/inputs/table.js';
import { KEYS_FILE_SCHEMA, makeKeysFileSchema } from './keys-file-schema.js';

interface Action {
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
}

/** action.yml with the inputs as the table has them; everything else stays. */
export async function insertInputs(actionText: string): Promise<string> {
  const inputs = Object.fromEntries(
    INPUT_NAMES.map((name) => [
      name,
      { description: specOf(name).description, default: specOf(name).default ?? '' },
    ]),
  );
  const [at, until] = [actionText.indexOf('inputs:\n'), actionText.indexOf('outputs:\n')];
  if (at < 0 || until < at) throw new Error('action.yml has no place for the inputs.');
  const filled = `${actionText.slice(0, at)}${stringify({ inputs }, { lineWidth: 0 })}\n${actionText.slice(until)}`;
  return format(filled, { ...(await resolveConfig('action.yml')), parser: 'yaml' });
}

/** The README with its two tables: the inputs as the table has them, the outputs as action.yml has; everything outside their markers stays. */
export async function insertTables(readme: string, actionText: string): Promise<string> {
  const { outputs } = parse(actionText) as Action;
  const inputRows = INPUT_NAMES.map((name) => {
    const { description, default: value } = specOf(name);
    return [code(name), cell(description), value === undefined ? '' : code(value)];
  });
  const outputRows = Object.entries(outputs).map(([name, { description }]) => [
    code(name),
    cell(description),
  ]);
  const filled = replaceBetween(
    replaceBetween(readme, 'inputs', table(['input', 'what', 'default'], inputRows)),
    'outputs',
    table(['output', 'what'], outputRows),
  );
  return format(filled, { ...(await resolveConfig('README.md')), parser: 'markdown' });
}

function replaceBetween(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name} from action.yml -->`, `<!-- end of ${name} -->`];
  const [at, until] = [text.indexOf(begin), text.indexOf(end)];
  if (at < 0 || until < at) throw new Error(`The README has no place for the ${name}.`);
  return `${text.slice(0, at + begin.length)}\n\n${content}\n\n${text.slice(until)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function cell(text: string): string {
  return text
    .trim()
    .replaceAll('|', '\\|')
    .replaceAll(/\s*\n\s*/g, ' ');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const action = await insertInputs(readFileSync('action.yml', 'utf8'));
  writeFileSync('action.yml', action);
  writeFileSync('README.md', await insertTables(readFileSync('README.md', 'utf8'), action));
  writeFileSync(KEYS_FILE_SCHEMA, await makeKeysFileSchema());
}
