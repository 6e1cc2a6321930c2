/**
 * Writes the tables of inputs and outputs into the README, from action.yml; a test fails when they differ.
 *
 *     npx tsx scripts/readme-tables.ts
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { parse } from 'yaml';

interface Action {
  readonly inputs: Readonly<
    Record<string, { readonly description: string; readonly required?: boolean; readonly default?: string }>
  >;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
}

/** The README with its two tables as action.yml has them; everything outside their markers stays. */
export async function insertTables(readme: string, actionText: string): Promise<string> {
  const { inputs, outputs } = parse(actionText) as Action;
  const inputRows = Object.entries(inputs).map(([name, { description, required, default: value = '' }]) => [
    code(name),
    cell(description),
    required === true ? '**required**' : value === '' ? '' : code(value),
  ]);
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

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(
    'README.md',
    await insertTables(readFileSync('README.md', 'utf8'), readFileSync('action.yml', 'utf8')),
  );
