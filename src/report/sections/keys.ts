/** What is there now: the keys' ARNs, and the proof that they work. */

import { table } from '../markdown.js';
import type { KeyResult, VerificationCheck, VerificationRow } from '../types.js';
import { codeOf, countOf, limitItems, regionCell, type Detail } from '../words.js';

function leftOut(hidden: number): string[] {
  return hidden > 0 ? [`…and ${countOf(hidden, 'more Region')}, left out for length.`] : [];
}

const roleCell = (role: 'primary' | 'replica'): string => (role === 'primary' ? '**primary**' : role);

/** The table of ARNs as Markdown blocks; empty when no key is known. */
export function renderKeys(keys: readonly KeyResult[] | undefined, detail: Detail): string[] {
  if (keys === undefined || keys.length === 0) return [];
  const rows = keys.slice(0, detail.rows).map(({ region, role, keyArn, aliasArn }) => {
    const alias = aliasArn === undefined ? 'no alias yet' : codeOf(aliasArn, detail);
    return [regionCell(region, detail), roleCell(role), `${codeOf(keyArn, detail)}<br>${alias}`];
  });
  return [
    '#### The keys now',
    table(['Region', 'Role', 'ARNs'], rows),
    ...leftOut(keys.length - rows.length),
  ];
}

function checkInWords(check: VerificationCheck, detail: Detail): string {
  const found = check.detail === undefined ? '' : `: ${codeOf(check.detail, detail)}`;
  return `**${codeOf(check.name, detail)}**${found}`;
}

function checksCell(checks: readonly VerificationCheck[], detail: Detail): string {
  const failed = checks.filter(({ ok }) => !ok).map((check) => `❌ ${checkInWords(check, detail)}`);
  const passed = checks.filter(({ ok }) => ok).map(({ name }) => codeOf(name, detail));
  const lines = [
    ...limitItems(failed, detail.values),
    ...(passed.length === 0 ? [] : [`✅ ${limitItems(passed, detail.values).join(' ')}`]),
  ];
  return lines.length === 0 ? 'not checked' : lines.join('<br>');
}

/** The table of checks as Markdown blocks; empty when nothing was verified. */
export function renderVerification(rows: readonly VerificationRow[] | undefined, detail: Detail): string[] {
  if (rows === undefined || rows.length === 0) return [];
  const cells = rows
    .slice(0, detail.rows)
    .map(({ region, role, checks }) => [
      regionCell(region, detail),
      roleCell(role),
      checksCell(checks, detail),
    ]);
  return [
    '#### Verified',
    table(['Region', 'Role', 'Checks'], cells),
    ...leftOut(rows.length - cells.length),
  ];
}
