/** The JSON Schema of keys files, by which editors complete them, from the table of the inputs. */

import { format } from 'prettier';
import { KEY_INPUT_NAMES, specOf, type InputName } from '../src/inputs/table.js';

export const KEYS_FILE_SCHEMA = 'keys-file.schema.json';

const ACCOUNT = { type: 'string', pattern: '^[0-9]{12}$' };

function typeOf(name: InputName): object {
  const form = specOf(name).ofKey;
  if (form === 'map') return { type: ['object', 'string'] };
  if (form !== 'list') return valueOf(name);
  const items = name.endsWith('account-ids') ? ACCOUNT : { type: 'string' };
  return { oneOf: [{ type: 'array', items, uniqueItems: true }, { type: 'string' }] };
}

/** What an editor should offer or mark at once, by the rule; everything else the action itself says, with the reason. */
function valueOf(name: InputName): object {
  const { rule, freeText } = specOf(name);
  if (rule.startsWith('true or false')) return { type: ['boolean', 'string'] };
  if (rule.startsWith('a whole number of ')) return { type: ['integer', 'string'] };
  if (freeText === true) return { type: ['string', 'number', 'boolean'] };
  return /^[a-z-]+(?:, [a-z-]+)* or [a-z-]+$/.test(rule)
    ? { enum: rule.split(/, | or /) }
    : { type: 'string' };
}

/** The schema as formatted JSON. */
export async function makeKeysFileSchema(): Promise<string> {
  const properties = Object.fromEntries(
    KEY_INPUT_NAMES.map((name) => {
      const { description, default: value, example = value } = specOf(name);
      return [name, { ...typeOf(name), description, examples: [example] }];
    }),
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
