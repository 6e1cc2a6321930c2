import { expect } from 'vitest';
import type { Finding } from '../../src/guard/finding.js';
import { openGoldenBlocks } from './golden-blocks.js';

/**
 * Every finding that a test file comes upon, as a person reads it: each has to stand in a golden file, word for word.
 * @param name of the file in `golden/guard`, without its ending
 * @returns takes the findings of one judgement
 */
export function knownFindings(name: string): (findings: readonly Finding[]) => void {
  const { known, keep } = openGoldenBlocks(name);
  const all = new Set(known);
  return (findings) => {
    const blocks = findings.map(renderFinding);
    blocks.forEach(keep);
    if (known !== undefined) expect(blocks.filter((block) => !all.has(block))).toEqual([]);
  };
}

function renderFinding({ rule, severity, region, regions, address, reason, wayOut }: Finding): string {
  const places = [regions?.join(' ') ?? region, address].filter(
    (place) => place !== undefined && place !== '',
  );
  return `${rule}: ${severity}${places.map((place) => `, ${place}`).join('')}\n  ${reason}\n  ${wayOut}`;
}
