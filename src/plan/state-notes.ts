/**
 * Root outputs that the action keeps in the state for itself: which run applied last, and whose key it is. No reader of a
 * plan has to know them: they are no change, not in the digest, not in the report, not drift.
 */

import { isLastApplyOutput } from './last-apply.js';

/**
 * The alias whose key the state has or is about to have, with `alias/`. Terraform writes it as soon as an apply begins, so
 * that a key is told from another alias's also while it has none, or has lost it. Not longer than the other outputs, so
 * that Terraform aligns those as ever.
 */
const ALIAS_NOTE = 'state_of_alias';

export function isStateNote(name: string): boolean {
  return name === ALIAS_NOTE || isLastApplyOutput(name);
}

/** The note as Terraform JSON; the variable holds the name without `alias/`. */
export function aliasNote(): object {
  return { [ALIAS_NOTE]: { value: 'alias/${var.alias}' } };
}

/**
 * @param outputs the root outputs of a state, by name
 * @returns with `alias/`; undefined where an older version wrote the state, or in a form that is not ours
 */
export function readAliasNote(outputs: Readonly<Record<string, unknown>>): string | undefined {
  const noted = outputs[ALIAS_NOTE];
  return typeof noted === 'string' && /^alias\/[\w/-]{1,250}$/.test(noted) ? noted : undefined;
}

const OUTPUT_LINE = /^ {2}[-+~] (\w+) += .*$/;
const HEADER = 'Changes to Outputs:';
const ONLY_OUTPUTS =
  /You can apply this plan to save these new output values to the Terraform\s+state, without changing any real infrastructure\.\n*/;

/** Terraform's description of a plan without these outputs, which are nothing that a reader has to know. */
export function hideStateNotes(text: string): string {
  const lines = text.split('\n');
  const kept = lines.filter((line) => !isStateNote(OUTPUT_LINE.exec(line)?.[1] ?? ''));
  if (kept.length === lines.length) return text;
  const header = kept.indexOf(HEADER);
  if (header >= 0 && (kept[header + 1] ?? '').trim() === '') kept.splice(header, 2);
  const rest = kept.join('\n');
  const shown = rest.includes(HEADER) ? rest : rest.replace(ONLY_OUTPUTS, '');
  return shown.trim() === ''
    ? 'No changes. Your infrastructure matches the configuration.\n'
    : `${shown.trim()}\n`;
}
