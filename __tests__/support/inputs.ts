import { readInputs, type Inputs } from '../../src/inputs/inputs.js';
import { environmentName } from '../../src/inputs/reader.js';

/** The environment that the runner makes of a `with:` block. */
export function withBlock(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [environmentName(name), value]));
}

export const ARTICLE: Readonly<Record<string, string>> = {
  'primary-region': 'ap-southeast-1',
  'replica-regions': 'ap-southeast-2, ap-southeast-3',
  alias: 'aws_cb_cmk',
  'account-ids': '111122223333, 044455556666',
};

/** Reads the article's inputs with some changed; files are given by their absolute path. */
export function read(
  changed: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): Inputs {
  return readInputs({
    env: { ...withBlock({ ...ARTICLE, ...changed }), GITHUB_WORKSPACE: '/work space' },
    readFile: (file) => files[file],
    isFolder: (folder) => folder === '/mirror',
  });
}
