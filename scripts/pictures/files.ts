/** Where the pictures are, and of which text each was drawn. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const FOLDER = 'docs/pictures';

/** By name: the digests of the text, and of the pictures that were drawn of it. */
export type PictureRecord = Readonly<Record<string, { text: string; light: string; dark: string }>>;

export const RECORD = `${FOLDER}/drawn.json`;

export function pictureFiles(name: string): { text: string; light: string; dark: string } {
  return {
    text: `${FOLDER}/${name}.md`,
    light: `${FOLDER}/${name}-light.png`,
    dark: `${FOLDER}/${name}-dark.png`,
  };
}

export function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
