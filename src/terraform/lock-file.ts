/** The dependency lock file, as Terraform names and reads it. */
export const LOCK_FILE = '.terraform.lock.hcl';

/** What it says of hashicorp/aws. */
export interface LockedProvider {
  readonly version: string;
  /** `h1:` of unpacked packages, `zh:` of packed ones, for one platform each. */
  readonly hashes: readonly string[];
}

/**
 * Finds hashicorp/aws in the text of one. Terraform writes that file by itself and always in this form.
 * @returns undefined where it is not named
 */
export function findLockedProvider(text: string): LockedProvider | undefined {
  const block = /^provider "[^"\n]+\/hashicorp\/aws" \{\n([\s\S]*?)^\}/m.exec(
    text.replace(/\r\n/g, '\n'),
  )?.[1];
  const version = /^\s*version\s*=\s*"([^"\n]+)"/m.exec(block ?? '')?.[1];
  if (block === undefined || version === undefined) return undefined;
  return { version, hashes: [...block.matchAll(/"((?:h1|zh):[^"\n]+)"/g)].map(([, hash]) => hash ?? '') };
}
