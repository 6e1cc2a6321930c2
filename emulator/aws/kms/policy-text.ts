import { isObject } from '../../json.js';

/**
 * Writes a policy in the form that GetKeyPolicy answers with: two spaces a level, a space on both sides of the colon,
 * lists on one line. Clients that compare policies as text fail against this as they fail against KMS.
 */
export function formatPolicy(value: unknown, level = 0): string {
  if (Array.isArray(value)) {
    return value.length === 0 ? '[ ]' : `[ ${value.map((item) => formatPolicy(item, level)).join(', ')} ]`;
  }
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value);
  if (members.length === 0) return '{ }';
  const indent = '  '.repeat(level + 1);
  const lines = members.map(
    ([name, inner]) => `${indent}${JSON.stringify(name)} : ${formatPolicy(inner, level + 1)}`,
  );
  return `{\n${lines.join(',\n')}\n${'  '.repeat(level)}}`;
}
