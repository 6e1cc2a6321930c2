import js from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * Who may not import whom in src/, as folder to folders. What decides (policy, plan, guard) reaches for nothing outside
 * itself, and asks nobody; what is shown (report) is not known to what acts; nothing knows the commands but main.ts.
 */
const OUTSIDE = ['github', 'keys-file', 'report', 'report-files'];
const NEVER = {
  facts: ['aws', 'guard', 'inputs', 'plan', 'policy', 'runner', 'terraform', ...OUTSIDE],
  policy: ['aws', 'guard', 'inputs', 'plan', 'runner', 'terraform', ...OUTSIDE],
  plan: ['aws', 'guard', 'inputs', 'runner', ...OUTSIDE],
  guard: ['aws', 'runner', ...OUTSIDE],
  runner: ['aws', 'facts', 'guard', 'inputs', 'plan', 'policy', 'terraform', ...OUTSIDE],
  inputs: ['aws', 'guard', 'plan', 'terraform', ...OUTSIDE],
  aws: ['guard', 'plan', 'policy', 'terraform', ...OUTSIDE],
  terraform: OUTSIDE,
  github: ['aws', 'guard', 'keys-file', 'report', 'report-files', 'terraform'],
  report: ['aws', 'github', 'terraform'],
  'report-files': ['aws', 'keys-file', 'terraform'],
  'keys-file': ['aws', 'github', 'guard', 'plan', 'report', 'report-files', 'terraform'],
};

/** The one file of terraform/ that plan may have: it writes and reads addresses. */
const ADDRESSES = './addresses.ts';

/** The classes of errors in src/ that are not in three parts: each is caught by its name, and told in an ActionError. */
const CAUGHT = ['GitHubApiError', 'HclError', 'Invalid', 'ProxyRefusal', 'TerraformError'];

/** What may be thrown there. TypeError and RangeError are for mistakes of the code itself, which end as unexpected. */
const ERRORS = [
  ...['ActionError', 'InputsError', 'Refusal', 'ImportRefusal'],
  ...[...CAUGHT, 'RangeError', 'TypeError'],
];

const IN_THREE_PARTS =
  'Throw an ActionError, which tells what was wrong, what was and was not done, and what to do next.';

export default tseslint.config(
  { ignores: ['dist/', 'emulator/dist/', 'node_modules/', 'coverage/'] },
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
  { files: ['**/__tests__/**'], rules: { 'max-lines-per-function': 'off' } },
  {
    files: ['src/**/*.ts'],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.ts'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [createNodeResolver({ extensionAlias: { '.js': ['.ts'] } })],
    },
    rules: {
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: [
            ...Object.entries(NEVER).map(([target, from]) => ({
              target: `./src/${target}`,
              from: from.map((folder) => `./src/${folder}`),
            })),
            { target: './src/plan', from: './src/terraform', except: [ADDRESSES] },
            { target: './src/!(commands|main.ts)/**', from: './src/commands' },
            { target: './src/!(main).ts', from: './src/commands' },
          ],
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
  {
    // Vitest's matchers (`expect.any`, `expect.stringContaining`) are of the type `any`.
    files: ['**/__tests__/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // Whoever reads an error reads three parts.
    files: ['src/**/*.ts'],
    ignores: ['src/index.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: `NewExpression[callee.name=/Error$|Refusal$/]:not([callee.name=/^(?:${ERRORS.join('|')})$/])`,
          message: IN_THREE_PARTS,
        },
        {
          selector: `:matches(ClassDeclaration, ClassExpression)[superClass.name=/^(?:Error|TypeError|RangeError)$/]:not([id.name=/^(?:ActionError|${CAUGHT.join('|')})$/])`,
          message: IN_THREE_PARTS,
        },
        {
          selector: 'ThrowStatement > :matches(Literal, TemplateLiteral, ObjectExpression)',
          message: IN_THREE_PARTS,
        },
      ],
    },
  },
);
