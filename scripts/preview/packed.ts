/** Files of npm packages that only a preview needs: fetched when one is drawn, and kept in the temporary folder. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

interface Packed {
  readonly spec: string;
  readonly file: string;
}

/** What draws the pictures. A hundred packages would come with it as a dependency. GitHub's own is of about this age. */
const MERMAID: Packed = { spec: 'mermaid@11.12.1', file: 'dist/mermaid.min.js' };

/** The symbols, as many a machine without a screen has no font for them. */
const EMOJI: Packed = {
  spec: '@fontsource/noto-color-emoji@5.3.2',
  file: 'files/noto-color-emoji-emoji-400-normal.woff2',
};

export interface Assets {
  /** Mermaid's bundle for browsers; undefined: pictures stay as their source. */
  readonly mermaid: string | undefined;
  /** A font as base64; undefined: symbols are whatever the machine has for them. */
  readonly emoji: string | undefined;
}

export function readAssets(): Assets {
  return { mermaid: readPacked(MERMAID)?.toString('utf8'), emoji: readPacked(EMOJI)?.toString('base64') };
}

/** What makes a picture small: its colours, counted. It needs the second one. */
const UPNG: Packed = { spec: 'upng-js@2.1.0', file: 'UPNG.js' };
const PAKO: Packed = { spec: 'pako@1.0.11', file: 'dist/pako.min.js' };

/** @returns a script for a page, which defines `UPNG`; undefined where npm does not give it */
export function readPictureTool(): string | undefined {
  const scripts = [PAKO, UPNG].map((packed) => readPacked(packed)?.toString('utf8'));
  return scripts.includes(undefined) ? undefined : scripts.join(';\n');
}

/** @returns undefined where npm does not give it, which is said on the error output */
function readPacked({ spec, file }: Packed): Buffer | undefined {
  const folder = path.join(tmpdir(), `preview-${spec.replace('/', '-')}`);
  const unpacked = path.join(folder, 'package', file);
  try {
    if (!existsSync(unpacked)) unpack(spec, folder, `package/${file}`);
    return readFileSync(unpacked);
  } catch (thrown) {
    process.stderr.write(`npm did not give ${spec}, so the page does without it: ${String(thrown)}\n`);
    return undefined;
  }
}

function unpack(spec: string, folder: string, file: string): void {
  mkdirSync(folder, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--silent', spec], { cwd: folder, encoding: 'utf8' }).trim();
  execFileSync('tar', ['-xzf', packed, file], { cwd: folder });
}
