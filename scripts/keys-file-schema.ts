/**
 * Writes the JSON Schema of keys files, by which editors complete them, from the table of the inputs and action.yml; a test
 * fails when it differs.
 *
 *     npx tsx scripts/keys-file-schema.ts
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format } from 'prettier';
import { parse } from 'yaml';
import { formOf, INPUT_SPECS, KEY_INPUT_NAMES, type InputName } from '../src/inputs/spec.js';

interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string }>>;
}

const FILE = 'keys-file.schema.json';

/** What an editor should offer or mark at once; everything else the action itself says, with the reason. */
const VALUES: Partial<Record<InputName, object>> = {
  description: { type: ['string', 'number', 'boolean'] },
  'replica-description': { type: ['string', 'number', 'boolean'] },
  'enable-key-rotation': { type: ['boolean', 'string'] },
  'rotation-period-in-days': { type: ['integer', 'string'] },
  'deletion-window-in-days': { type: ['integer', 'string'] },
  'role-duration-seconds': { type: ['integer', 'string'] },
  'move-primary': { type: ['boolean', 'string'] },
};

const ACCOUNT = { type: 'string', pattern: '^[0-9]{12}$' };

function typeOf(name: InputName): object {
  const form = formOf(name);
  if (form === 'map') return { type: ['object', 'string'] };
  if (form !== 'list') return VALUES[name] ?? choicesOf(name) ?? { type: 'string' };
  const items = name.endsWith('account-ids') ? ACCOUNT : { type: 'string' };
  return { oneOf: [{ type: 'array', items, uniqueItems: true }, { type: 'string' }] };
}

/** `a, b or c` in a rule is a choice. */
function choicesOf(name: InputName): object | undefined {
  const { rule } = INPUT_SPECS[name];
  return /^[a-z-]+(?:, [a-z-]+)* or [a-z-]+$/.test(rule) ? { enum: rule.split(/, | or /) } : undefined;
}

/** The schema as formatted JSON. */
export async function makeKeysFileSchema(actionText: string): Promise<string> {
  const { inputs } = parse(actionText) as Action;
  const properties = Object.fromEntries(
    KEY_INPUT_NAMES.map((name) => [
      name,
      { ...typeOf(name), description: inputs[name]?.description, examples: [INPUT_SPECS[name].example] },
    ]),
  );
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Keys of aws-kms-multi-region-key',
    description: 'Many AWS KMS multi-Region keys in one file, for the input keys-file.',
    type: 'object',
    required: ['keys'],
    additionalProperties: false,
    properties: {
      defaults: {
        $ref: '#/definitions/inputs',
        description: 'What every key has that does not say otherwise.',
      },
      keys: {
        description: 'Each key by its name, which is its alias unless the entry names another.',
        type: 'object',
        minProperties: 1,
        propertyNames: { pattern: '^[A-Za-z0-9_/.-]{1,100}$' },
        additionalProperties: { oneOf: [{ $ref: '#/definitions/inputs' }, { type: 'null' }] },
      },
    },
    definitions: { inputs: { type: 'object', additionalProperties: false, properties } },
  };
  return format(JSON.stringify(schema), { parser: 'json', printWidth: 110 });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(FILE, await makeKeysFileSchema(readFileSync('action.yml', 'utf8')));
}
