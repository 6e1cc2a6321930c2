import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect } from '@jest/globals';
import type { Finding } from '../../src/guard/finding.js';

const FOLDER = path.join(import.meta.dirname, '..', 'golden', 'guard');

/**
 * Every finding that a test file comes upon, as a person reads it: each has to stand, word for word, in a golden file.
 * @param name of the file in `golden/guard`, without its ending
 * @returns takes the findings of one judgement
 */
export function knownFindings(name: string): (findings: readonly Finding[]) => void {
  const file = path.join(FOLDER, `${name}.txt`);
  if (process.env['UPDATE_GOLDEN'] === '1') return rewriteAtEnd(file);
  const known = new Set(
    readFileSync(file, 'utf8')
      .split(/\n\n+/)
      .map((block) => block.trim()),
  );
  return (findings) => {
    const unknown = findings.map(renderFinding).filter((block) => !known.has(block));
    expect(unknown).toEqual([]);
  };
}

function rewriteAtEnd(file: string): (findings: readonly Finding[]) => void {
  const seen = new Set<string>();
  afterAll(() => {
    writeFileSync(file, `${[...seen].sort().join('\n\n')}\n`);
  });
  return (findings) => {
    findings.forEach((finding) => seen.add(renderFinding(finding)));
  };
}

function renderFinding({ rule, severity, region, regions, address, reason, wayOut }: Finding): string {
  const places = [regions?.join(' ') ?? region, address].filter(
    (place) => place !== undefined && place !== '',
  );
  return `${rule}: ${severity}${places.map((place) => `, ${place}`).join('')}\n  ${reason}\n  ${wayOut}`;
}
