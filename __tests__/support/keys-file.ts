import { checkKeys, type CheckedKeys } from '../../src/keys-file/check.js';
import { readKeysDocument } from '../../src/keys-file/document.js';
import { withBlock } from './inputs.js';

/** Checks a keys file as a step with these inputs would. */
export function check(
  text: string,
  step: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): CheckedKeys {
  return checkKeys(readKeysDocument(text), {
    env: { ...withBlock(step), GITHUB_WORKSPACE: '/work' },
    readFile: (file) => files[file],
    isFolder: () => false,
  });
}

/** The file of the documentation: two keys, and what they have in common. */
export const KEYS = `defaults:
  primary-region: ap-southeast-1
  replica-regions: [ap-southeast-2, ap-southeast-3]
  state-bucket: acme-terraform-state
keys:
  payments:                       # the alias, unless the entry names another
    account-ids: ['111122223333']
  orders:
    replica-regions: [eu-west-1]
    tags: { team: orders }
`;

/** A file of so many keys, each with settings of its own. */
export function manyKeys(count: number): string {
  const keys = Array.from(
    { length: count },
    (_, index) => `  key-${index}:\n    account-ids: ['111122223333']\n    tags: { team: "team ${index}" }\n`,
  );
  return `defaults:\n  primary-region: eu-central-1\n  replica-regions: [eu-west-1]\n  state-bucket: acme-terraform-state\nkeys:\n${keys.join('')}`;
}
