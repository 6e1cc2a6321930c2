import js from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * Who may not import whom in src/, as folder to folders. What decides (policy, plan) reaches for nothing outside itself;
 * what is shown (report) is not known to what acts; nothing knows the commands.
 */
const NEVER = {
  policy: ['commands', 'github', 'keys-file', 'plan', 'report', 'report-files', 'steps', 'terraform'],
  plan: ['commands', 'github', 'keys-file', 'report', 'report-files', 'runner', 'steps'],
  runner: [
    'aws',
    'commands',
    'github',
    'keys-file',
    'plan',
    'policy',
    'report',
    'report-files',
    'steps',
    'terraform',
  ],
  inputs: ['commands', 'github', 'keys-file', 'plan', 'report', 'report-files', 'steps', 'terraform'],
  aws: ['commands', 'github', 'keys-file', 'policy', 'report', 'report-files', 'steps', 'terraform'],
  terraform: ['commands', 'github', 'keys-file', 'report', 'report-files', 'steps'],
  github: ['aws', 'commands', 'keys-file', 'report', 'report-files', 'steps', 'terraform'],
  report: ['commands', 'github', 'steps', 'terraform'],
  'report-files': ['aws', 'commands', 'keys-file', 'steps', 'terraform'],
  'keys-file': ['aws', 'commands', 'github', 'plan', 'report', 'report-files', 'steps', 'terraform'],
  steps: ['commands'],
};

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      complexity: ['error', 12],
    },
  },
  { files: ['__tests__/**'], rules: { 'max-lines-per-function': 'off' } },
  {
    files: ['src/**/*.ts'],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.ts'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [createNodeResolver({ extensionAlias: { '.js': ['.ts'] } })],
    },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: Object.entries(NEVER).map(([target, from]) => ({
            target: `./src/${target}`,
            from: from.map((folder) => `./src/${folder}`),
          })),
        },
      ],
    },
  },
  {
    // One reader of the process: everything else gets the world passed in (see CONTRIBUTING.md).
    files: ['src/**/*.ts'],
    ignores: ['src/index.ts'],
    rules: {
      'no-restricted-globals': ['error', { name: 'process', message: 'Only src/index.ts touches process.' }],
    },
  },
);
