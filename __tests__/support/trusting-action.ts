import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { HASHICORP_KEY, type ReleaseKey } from '../../src/terraform/install/hashicorp-key.js';
import { tempFolder } from './temp-folder.js';

/**
 * The built action with another key in the place of HashiCorp's, and nothing else changed: so it takes what a server of
 * the tests has signed, on the way that it takes for HashiCorp's releases.
 * @returns the file to run
 */
export function copyActionTrusting(key: ReleaseKey): string {
  const root = path.resolve(import.meta.dirname, '..', '..');
  const copy = tempFolder('action');
  for (const part of ['dist', 'terraform'])
    cpSync(path.join(root, part), path.join(copy, part), { recursive: true });
  const dist = path.join(copy, 'dist');
  const files = readdirSync(dist).filter((name) => name.endsWith('.js'));
  const changed = files.filter((name) => {
    const text = readFileSync(path.join(dist, name), 'utf8');
    if (!text.includes(HASHICORP_KEY.armored)) return false;
    const armored = key.armored.replaceAll('\r\n', '\n');
    writeFileSync(
      path.join(dist, name),
      text.replace(HASHICORP_KEY.armored, armored).replace(HASHICORP_KEY.fingerprint, key.fingerprint),
    );
    return true;
  });
  if (changed.length !== 1) throw new Error(`${changed.length} files of dist/ hold HashiCorp's key`);
  return path.join(dist, 'index.js');
}
