import { Invalid, isObject, parseJson, quote } from './parsers.js';

/** KMS's limit on a key policy, in bytes (API reference, PutKeyPolicy). */
export const POLICY_LIMIT_BYTES = 32_768;

/**
 * A whole key policy: JSON in, the same document in its shortest JSON form out, since that is what is sent and counted.
 * Checks the form that KMS asks for (a principal, an action and a resource in every statement), not its meaning.
 * @throws Invalid with the number of the statement that is wrong
 */
export function parsePolicy(text: string): string {
  const document = parseJson(text);
  if (!isObject(document)) throw new Invalid('it is not a JSON object');
  const statements = document['Statement'];
  const list: unknown[] = Array.isArray(statements)
    ? statements
    : statements === undefined
      ? []
      : [statements];
  if (list.length === 0) throw new Invalid('it has no "Statement"');
  list.forEach(checkStatement);
  const compact = JSON.stringify(document);
  const bytes = new TextEncoder().encode(compact).length;
  if (bytes > POLICY_LIMIT_BYTES)
    throw new Invalid(`it has ${bytes} bytes, ${bytes - POLICY_LIMIT_BYTES} too many`);
  return compact;
}

function checkStatement(statement: unknown, index: number): void {
  const name = `statement ${index + 1}`;
  if (!isObject(statement)) throw new Invalid(`${name} is not an object`);
  if (statement['Effect'] !== 'Allow' && statement['Effect'] !== 'Deny') {
    throw new Invalid(`${name} has the Effect ${quote(String(statement['Effect']))}, not Allow or Deny`);
  }
  for (const part of ['Principal', 'Action', 'Resource'] as const) {
    if (isEmpty(statement[part]) && isEmpty(statement[`Not${part}`])) {
      throw new Invalid(`${name} has no ${part}`);
    }
  }
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'string') return value === '';
  if (Array.isArray(value)) return value.length === 0;
  return !isObject(value) || Object.keys(value).length === 0;
}
